use std::net::IpAddr;

use mysql_async::{Conn, DriverError, Error, IoError, OptsBuilder, SslOpts};

use super::error::database_error;
use super::{Flavor, Session};
use crate::RotationError;
use crate::document::DatabaseSecret;
use crate::engine::{LoginError, Target};
use crate::tls::Trust;

pub(super) async fn open(target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError> {
    let addresses: Vec<IpAddr> = target.addresses.iter().map(|address| address.ip()).collect();
    let options = OptsBuilder::default()
        // The name is for the certificate; the addresses are the ones that were checked.
        .ip_or_hostname(target.host)
        .resolved_ips(Some(addresses))
        .tcp_port(target.port)
        .user(Some(&secret.username))
        .pass(Some(secret.password.expose_secret()))
        .db_name(secret.database.as_deref())
        .ssl_opts(target.tls.map(ssl_options))
        // A server on the loopback interface would tell of its socket.
        .prefer_socket(false)
        // Given, they need not be asked for.
        .max_allowed_packet(Some(MAX_PACKET))
        .wait_timeout(Some(IDLE_SECONDS))
        .init(vec!["SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"]);
    let conn = Conn::new(options).await.map_err(|error| refusal(error, target.host))?;
    session(conn).await.map_err(|error| LoginError::Failed(database_error("asking for the version")(error)))
}

async fn session(mut conn: Conn) -> Result<Session, Error> {
    use mysql_async::prelude::Queryable as _;

    let version: Option<String> = conn.query_first("SELECT VERSION()").await?;
    let is_maria_db = version.is_some_and(|version| version.to_ascii_lowercase().contains("mariadb"));
    Ok(Session { conn, flavor: if is_maria_db { Flavor::MariaDb } else { Flavor::MySql } })
}

fn ssl_options(trust: &Trust) -> SslOpts {
    match &trust.authorities {
        None => SslOpts::default(),
        Some(own) => {
            let certificates = own.iter().map(|certificate| certificate.as_ref().to_vec().into()).collect();
            SslOpts::default().with_root_certs(certificates).with_disable_built_in_roots(true)
        }
    }
}

fn refusal(error: Error, host: &str) -> LoginError {
    let host = host.to_owned();
    match error {
        // Access denied, with or without a password; for a plugin that wants something else.
        Error::Server(refusal) if [1045, 1698].contains(&refusal.code) => LoginError::Refused,
        Error::Driver(DriverError::NoClientSslFlagFromServer) => LoginError::NoTls,
        Error::Io(IoError::Tls(error)) => RotationError::Tls { host, reason: error.to_string() }.into(),
        Error::Io(IoError::Io(error)) => {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(tls) => RotationError::Tls { host, reason: tls.to_string() }.into(),
                None => RotationError::Unreachable { host, reason: error.kind().to_string() }.into(),
            }
        }
        Error::Driver(DriverError::UnknownAuthPlugin { name }) => {
            let problem = format!("the server wants a login by {name:?}, which rotators can't do");
            RotationError::Unsupported { problem }.into()
        }
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            let reason = "its answer isn't understood".to_owned();
            RotationError::Unreachable { host, reason }.into()
        }
        error @ Error::Server(_) => LoginError::Failed(database_error("logging in")(error)),
    }
}

const MAX_PACKET: usize = 16 * 1024 * 1024;
const IDLE_SECONDS: usize = 60;

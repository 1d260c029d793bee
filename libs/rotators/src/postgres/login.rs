use std::error::Error as _;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Session;
use super::sql::database_error;
use crate::RotationError;
use crate::document::DatabaseSecret;
use crate::engine::{LoginError, Target};
use crate::task::OwnedTask;

pub(super) async fn open(target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError> {
    let mut config = Config::new();
    for address in target.addresses {
        // The name is for the certificate; the address is the one that was checked.
        config.host(target.host).hostaddr(address.ip()).port(target.port);
    }
    config
        .user(&secret.username)
        .password(secret.password.expose_secret())
        .dbname(secret.database.as_deref().unwrap_or("postgres"))
        .application_name("keywright-rotator");
    match target.tls {
        None => connect(config.ssl_mode(SslMode::Disable), NoTls, target).await,
        Some(trust) => {
            let tls = MakeRustlsConnect::new((*trust.client).clone());
            connect(config.ssl_mode(SslMode::Require), tls, target).await
        }
    }
}

async fn connect<T>(config: &Config, tls: T, target: &Target<'_>) -> Result<Session, LoginError>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    match config.connect(tls).await {
        Ok((client, connection)) => Ok(session(client, connection)),
        Err(error) => Err(refusal(error, target.host)),
    }
}

fn session<S, T>(client: Client, connection: Connection<S, T>) -> Session
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = OwnedTask::spawn(async move {
        // How it ends, its next statement tells.
        _ = connection.await;
    });
    Session { client: Arc::new(client), _connection: connection }
}

fn refusal(error: Error, host: &str) -> LoginError {
    let host = host.to_owned();
    if let Some(refusal) = error.as_db_error() {
        // 28: invalid authorization, an unknown user among them.
        return match refusal.code().code().get(..2) {
            Some("28") => LoginError::Refused,
            _ => LoginError::Failed(database_error("logging in")(error)),
        };
    }
    let Some(source) = error.source() else {
        let reason = "the connection broke".to_owned();
        return RotationError::Unreachable { host, reason }.into();
    };
    match source.downcast_ref::<std::io::Error>() {
        Some(io) => match io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => RotationError::Tls { host, reason: tls.to_string() }.into(),
            None => RotationError::Unreachable { host, reason: io.kind().to_string() }.into(),
        },
        // The driver's own words: what the server offered isn't what was asked for.
        None if source.to_string().contains("does not support TLS") => LoginError::NoTls,
        None => RotationError::Unreachable { host, reason: format!("{error}: {source}") }.into(),
    }
}

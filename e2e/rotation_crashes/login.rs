//! Logs in as applications do, with clients of their own.

use std::net::SocketAddr;

use mysql_async::prelude::Queryable as _;
use tokio_postgres::NoTls;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    MariaDb,
    Redis,
}

/// What came of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    Done,
    /// The server doesn't take this password.
    Refused,
    /// Anything else.
    Broken(String),
}

impl Engine {
    /// As secrets name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
            Self::Redis => "redis",
        }
    }
}

/// Logs in, asks for something, and logs out.
pub(crate) async fn log_in(engine: Engine, address: SocketAddr, user: &str, password: &str) -> Login {
    match engine {
        Engine::Postgres => match postgres(address, user, password).await {
            Ok(()) => Login::Done,
            Err(error) if error.code().is_some_and(|code| code.code().starts_with(INVALID_AUTHORIZATION)) => {
                Login::Refused
            }
            Err(error) => Login::Broken(format!("{error:?}")),
        },
        Engine::MariaDb => match mariadb_once(address, user, password).await {
            Ok(()) => Login::Done,
            Err(mysql_async::Error::Server(refusal)) if refusal.code == ACCESS_DENIED => Login::Refused,
            Err(error) => Login::Broken(format!("{error:?}")),
        },
        Engine::Redis => match redis(address, user, password).await {
            Ok(_) => Login::Done,
            Err(error) if error.kind() == ::redis::ErrorKind::AuthenticationFailed => Login::Refused,
            Err(error) => Login::Broken(format!("{error:?}")),
        },
    }
}

async fn postgres(address: SocketAddr, user: &str, password: &str) -> Result<(), tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.host(address.ip().to_string()).port(address.port()).user(user).password(password);
    config.dbname(DATABASE);
    let (client, connection) = config.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    client.query_one("SELECT 1", &[]).await?;
    drop(client);
    // How it ends is of no interest.
    let _ = connection.await;
    Ok(())
}

async fn mariadb_once(address: SocketAddr, user: &str, password: &str) -> Result<(), mysql_async::Error> {
    mariadb(address, user, password).await?.disconnect().await
}

/// A connection to a MariaDB that has done something.
pub(crate) async fn mariadb(
    address: SocketAddr,
    user: &str,
    password: &str,
) -> Result<mysql_async::Conn, mysql_async::Error> {
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(address.ip().to_string())
        .tcp_port(address.port())
        .user(Some(user))
        .pass(Some(password))
        .prefer_socket(false);
    let mut connection = mysql_async::Conn::new(options).await?;
    connection.query_drop("SELECT 1").await?;
    Ok(connection)
}

/// A connection to a Redis that has done something.
pub(crate) async fn redis(
    address: SocketAddr,
    user: &str,
    password: &str,
) -> Result<::redis::aio::MultiplexedConnection, ::redis::RedisError> {
    use ::redis::IntoConnectionInfo as _;

    let login = ::redis::RedisConnectionInfo::default().set_username(user).set_password(password);
    let address = ::redis::ConnectionAddr::Tcp(address.ip().to_string(), address.port());
    let info = address.into_connection_info()?.set_redis_settings(login);
    let mut connection = ::redis::Client::open(info)?.get_multiplexed_async_connection().await?;
    ::redis::cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(connection)
}

/// The database of PostgreSQL and MariaDB that users are for.
pub(crate) const DATABASE: &str = "target";
/// The class of PostgreSQL's refusals.
const INVALID_AUTHORIZATION: &str = "28";
const ACCESS_DENIED: u16 = 1045;

//! Logs in as an application does, with clients of its own, and not by a proxy.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use mysql_async::prelude::Queryable as _;
use tokio_postgres::{Config, NoTls};

use crate::servers::{DATABASE, Engine};

/// Whether a user gets in with a password; nothing where the server is away.
pub(crate) async fn lets_in(engine: Engine, address: SocketAddr, user: &str, password: &str) -> Option<bool> {
    let tried = async {
        match engine {
            Engine::Postgres => match postgres(address, user, password).await {
                Ok(()) => Some(true),
                Err(error) => error.code().is_some_and(|code| code.code().starts_with("28")).then_some(false),
            },
            Engine::MariaDb => match mariadb(address, user, password).await {
                Ok(_) => Some(true),
                Err(mysql_async::Error::Server(refusal)) if refusal.code == ACCESS_DENIED => Some(false),
                Err(_) => None,
            },
            Engine::Redis => match redis(address, user, password).await {
                Ok(_) => Some(true),
                Err(error) => (error.kind() == ::redis::ErrorKind::AuthenticationFailed).then_some(false),
            },
        }
    };
    tokio::time::timeout(LIMIT, tried).await.unwrap_or_default()
}

async fn postgres(address: SocketAddr, user: &str, password: &str) -> Result<(), tokio_postgres::Error> {
    let mut config = Config::new();
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

const LIMIT: Duration = Duration::from_secs(10);
const ACCESS_DENIED: u16 = 1045;

//! Logs in as an application does, with clients of its own.

use keywright_local_stack::testing::OwnRedis;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};
use serde_json::Value;
use tokio_postgres::NoTls;

/// Which client an application has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Postgres,
    Mysql,
    Redis,
}

/// Whether the server at this port lets in who the secret says.
pub(crate) async fn logs_in(client: Client, port: u16, secret: &Value) -> bool {
    match client {
        Client::Postgres => postgres(port, secret).await.is_ok(),
        Client::Mysql => mysql(port, secret).await.is_ok(),
        Client::Redis => {
            let user = secret["username"].as_str().unwrap_or("default");
            redis(port, user, secret["password"].as_str().unwrap()).await.is_ok()
        }
    }
}

pub(crate) async fn postgres(
    port: u16,
    secret: &Value,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(port).user(secret["username"].as_str().unwrap());
    config.password(secret["password"].as_str().unwrap());
    config.dbname(secret["dbname"].as_str().unwrap_or("postgres"));
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    client.simple_query("SELECT 1").await?;
    Ok(client)
}

pub(crate) async fn mysql(port: u16, secret: &Value) -> Result<Conn, mysql_async::Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port)
        .user(secret["username"].as_str())
        .pass(secret["password"].as_str())
        .prefer_socket(false);
    let mut conn = Conn::new(options).await?;
    conn.query_drop("SELECT 1").await?;
    Ok(conn)
}

pub(crate) async fn redis(
    port: u16,
    user: &str,
    password: &str,
) -> Result<redis::aio::MultiplexedConnection, redis::RedisError> {
    let login = redis::RedisConnectionInfo::default().set_username(user).set_password(password);
    let address = redis::ConnectionAddr::Tcp("127.0.0.1".to_owned(), port);
    let info = redis::IntoConnectionInfo::into_connection_info(address)?.set_redis_settings(login);
    let mut connection = redis::Client::open(info)?.get_multiplexed_async_connection().await?;
    redis::cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(connection)
}

/// Runs commands as the user `default`, each given as its words.
pub(crate) async fn as_redis_default(own: &OwnRedis, commands: &[&[&str]]) {
    let server = &own.server;
    let mut connection = redis(server.port(), "default", server.default_password()).await.unwrap();
    for command in commands {
        let mut call = redis::Cmd::new();
        call.arg(*command);
        call.query_async::<()>(&mut connection).await.unwrap();
    }
}

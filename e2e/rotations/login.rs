//! Logs in as applications do, with clients of their own.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};
use serde_json::Value;
use tokio_postgres::NoTls;

use crate::kind::Server;

/// What came of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    Done,
    /// The server doesn't take this password.
    Refused,
    /// Anything else, which no rotation should bring about.
    Broken(String),
}

/// Logs in with what a secret says, asks for something, and logs out.
pub(crate) async fn log_in(server: Server, secret: &Value) -> Login {
    match server {
        Server::Postgres => postgres(secret).await,
        Server::MariaDb => mariadb(secret).await,
        Server::Redis => redis(secret).await,
    }
}

async fn postgres(secret: &Value) -> Login {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(port(secret)).user(text(secret, "username"));
    config.password(text(secret, "password")).dbname(text(secret, "dbname"));
    let asked = async {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        client.simple_query("SELECT 1").await?;
        drop(client);
        // How it ends is of no interest.
        let _ = connection.await;
        Ok(())
    };
    match asked.await {
        Ok(()) => Login::Done,
        Err(error) if tokio_postgres::Error::code(&error).is_some_and(|code| code.code() == "28P01") => {
            Login::Refused
        }
        Err(error) => Login::Broken(format!("{error:?}")),
    }
}

async fn mariadb(secret: &Value) -> Login {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port(secret))
        .user(Some(text(secret, "username")))
        .pass(Some(text(secret, "password")))
        .prefer_socket(false);
    let asked = async {
        let mut conn = Conn::new(options).await?;
        conn.query_drop("SELECT 1").await?;
        conn.disconnect().await
    };
    match asked.await {
        Ok(()) => Login::Done,
        Err(mysql_async::Error::Server(refusal)) if refusal.code == 1045 => Login::Refused,
        Err(error) => Login::Broken(format!("{error:?}")),
    }
}

async fn redis(secret: &Value) -> Login {
    let asked = async {
        let login = redis::RedisConnectionInfo::default()
            .set_username(text(secret, "username"))
            .set_password(text(secret, "password"));
        let address = redis::ConnectionAddr::Tcp("127.0.0.1".to_owned(), port(secret));
        let info = redis::IntoConnectionInfo::into_connection_info(address)?.set_redis_settings(login);
        let mut connection = redis::Client::open(info)?.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<()>(&mut connection).await
    };
    match asked.await {
        Ok(()) => Login::Done,
        Err(error) if error.kind() == redis::ErrorKind::AuthenticationFailed => Login::Refused,
        Err(error) => Login::Broken(format!("{error:?}")),
    }
}

fn text<'a>(secret: &'a Value, member: &str) -> &'a str {
    secret.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn port(secret: &Value) -> u16 {
    secret.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok()).unwrap_or_default()
}

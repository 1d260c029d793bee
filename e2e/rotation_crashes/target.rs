//! The Postgres whose users are rotated.

use std::net::SocketAddr;
use std::time::Duration;

use tokio_postgres::{Config, NoTls};

/// Whether a user gets in with a password. Directly, not by a proxy.
pub(crate) async fn lets_in(address: SocketAddr, user: &str, password: &str) -> bool {
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port()).user(user).password(password);
    config.dbname(DATABASE).connect_timeout(Duration::from_secs(10));
    match config.connect(NoTls).await {
        Ok((client, connection)) => {
            let connection = tokio::spawn(connection);
            let asked = client.query_one("SELECT 1", &[]).await.is_ok();
            drop(client);
            // How it ends is of no interest.
            let _ = connection.await;
            asked
        }
        Err(_) => false,
    }
}

pub(crate) const DATABASE: &str = "target";

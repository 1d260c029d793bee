//! MariaDB and Redis for tests: private, on the loopback interface, and there again after being killed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use keywright_local_stack::RedisUsers;
use keywright_local_stack::testing::{own_mariadb_or_skip, own_redis_or_skip};

#[tokio::test]
async fn a_mariadb_greets_clients_before_and_after_it_is_killed() {
    let test = "a_mariadb_greets_clients_before_and_after_it_is_killed";
    let Some(mut own) = own_mariadb_or_skip(test, None).await else { return };
    let port = own.server.port();
    assert!(greeting(port).contains("MariaDB"));
    own.server.restart().await.unwrap();
    assert_eq!(own.server.port(), port);
    assert!(greeting(port).contains("MariaDB"));
    drop(own);
    wait_until_closed(port).await;
}

#[tokio::test]
async fn a_redis_lets_in_who_has_the_password_wherever_it_keeps_users() {
    let test = "a_redis_lets_in_who_has_the_password_wherever_it_keeps_users";
    for users in [RedisUsers::AclFile, RedisUsers::ConfigurationFile, RedisUsers::Arguments] {
        let Some(mut own) = own_redis_or_skip(test, users, None).await else { return };
        for _ in 0..2 {
            let port = own.server.port();
            assert_eq!(answer(port, &format!("AUTH default {}", own.server.default_password())), "+OK");
            assert!(answer(port, "AUTH default wrong").starts_with("-WRONGPASS"));
            own.server.restart().await.unwrap();
        }
    }
}

/// The first packet of a connection, which names the version.
fn greeting(port: u16) -> String {
    let mut bytes = [0; 64];
    let read = TcpStream::connect(("127.0.0.1", port)).unwrap().read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

fn answer(port: u16, command: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut bytes = [0; 256];
    let read = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..read]).trim_end().to_owned()
}

async fn wait_until_closed(port: u16) {
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("port {port} is open still");
}

use std::time::{Duration, Instant};

use keywright_crypto::SecretString;
use keywright_local_stack::PostgresCluster;
use keywright_local_stack::testing::{self, test_postgres};
use keywright_store::{Store, StoreError, Unavailable};

use crate::proxy::Proxy;
use crate::support::{config, everything, migrated_with};

#[tokio::test]
async fn a_wrong_password_is_refused_at_once_and_not_repeated_in_the_error() {
    let database = testing::database().await;
    let mut config = config(database.login());
    config.password = Some(SecretString::new("not-the-password-7731".to_owned()));
    config.startup_timeout = Duration::from_secs(60);
    let asked_at = Instant::now();
    let error = Store::connect(&config).await.unwrap_err();
    assert!(matches!(&error, StoreError::LoginRefused { sqlstate } if sqlstate == "28P01"), "{error:?}");
    assert!(asked_at.elapsed() < Duration::from_secs(10), "waited for a refusal to mend itself");
    assert!(!everything(&error).contains("7731"));
    assert!(!format!("{config:?}").contains("7731"));
}

#[tokio::test]
async fn a_password_is_read_from_its_file() {
    let database = testing::database().await;
    let mut config = config(database.login());
    let file = tempfile::NamedTempFile::new().unwrap();
    let password = config.password.take().unwrap();
    std::fs::write(file.path(), format!("{}\n", password.expose_secret())).unwrap();
    config.password_file = Some(file.path().to_owned());
    Store::connect(&config).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_after_the_time_allowed() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let database = testing::database().await;
    let mut config = config(database.login());
    config.port = closed;
    config.startup_timeout = Duration::from_millis(400);
    let error = Store::connect(&config).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(Unavailable::Connect)), "{error:?}");
}

#[tokio::test]
async fn a_store_waits_for_its_server_and_outlives_a_restart_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = PostgresCluster::start(test_postgres(dir.path().join("cluster"))).await.unwrap();
    let config = config(&cluster.create_database("app", "app", "app-password").await.unwrap());
    cluster.shut_down().await.unwrap();

    let connecting = tokio::spawn(async move { Store::connect(&config).await });
    cluster.restart().await.unwrap();
    let store = connecting.await.unwrap().unwrap();
    assert!(store.ping().await.is_ok());

    cluster.shut_down().await.unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(error.retryable(), "{error:?}");
    cluster.restart().await.unwrap();
    store.ping().await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn an_exhausted_pool_is_said_to_be_so_and_counted() {
    let database = testing::database().await;
    let mut config = config(database.login());
    config.pool_size = 1;
    config.connect_timeout = Duration::from_millis(500);
    let store = Store::connect(&config).await.unwrap();
    let held = store.connection().await.unwrap();
    assert_eq!(gauge("keywright_store_pool_in_use", &store), 1.0);
    let error = store.connection().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(Unavailable::PoolExhausted)), "{error:?}");
    assert!(error.retryable());
    drop(held);
    assert_eq!(gauge("keywright_store_pool_in_use", &store), 0.0);
    assert_eq!(gauge("keywright_store_pool_waiting", &store), 0.0);
    store.connection().await.unwrap();
}

#[tokio::test]
async fn a_server_gone_silent_is_given_up_and_its_connection_not_used_again() {
    let database = testing::database().await;
    let proxy = Proxy::to(database.login().port()).await;
    let mut config = config(database.login());
    config.port = proxy.port;
    config.pool_size = 1;
    config.statement_timeout = Duration::from_millis(100);
    let store = Store::connect(&config).await.unwrap();
    proxy.freeze();
    let asked_at = Instant::now();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(Unavailable::NoAnswer)), "{error:?}");
    assert!(asked_at.elapsed() < Duration::from_secs(10), "waited for {:?}", asked_at.elapsed());
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_session_has_the_bounds_and_the_name_configured() {
    let (_database, store) = migrated_with(|config| {
        config.statement_timeout = Duration::from_millis(1234);
        config.application_name = "keywright-test".to_owned();
    })
    .await;
    let connection = store.connection().await.unwrap();
    for (setting, expected) in [
        ("statement_timeout", "1234ms"),
        ("application_name", "keywright-test"),
        ("TimeZone", "UTC"),
        ("idle_in_transaction_session_timeout", "1min"),
    ] {
        let row = connection.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), expected, "{setting}");
    }
}

/// The value of one of our series, as Prometheus would see it.
fn gauge(name: &str, store: &Store) -> f64 {
    let series = format!("{name}{{database=\"{}\"}} ", store.database());
    let text = keywright_telemetry::render_metrics();
    let line = text.lines().find_map(|line| line.strip_prefix(&series));
    line.unwrap_or_else(|| panic!("no {series}in:\n{text}")).parse().unwrap()
}

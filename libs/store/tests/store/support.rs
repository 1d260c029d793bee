//! A store on a database of its own, and waiting with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

use keywright_crypto::SecretString;
use keywright_local_stack::PgLogin;
use keywright_local_stack::testing::{self, TestDatabase};
use keywright_store::{Store, StoreConfig, TlsMode};

/// A store with one table, `widgets (name primary key, size check > 0)`, and the outbox.
pub(crate) async fn migrated() -> (TestDatabase, Store) {
    migrated_with(|_| {}).await
}

pub(crate) async fn migrated_with(change: impl FnOnce(&mut StoreConfig)) -> (TestDatabase, Store) {
    let database = testing::database().await;
    let mut config = config(database.login());
    change(&mut config);
    let store = Store::connect(&config).await.unwrap();
    keywright_store::migrate(&store, crate::migrations::good()).await.unwrap();
    (database, store)
}

pub(crate) fn config(login: &PgLogin) -> StoreConfig {
    let password = String::from_utf8(login.config().get_password().unwrap().to_vec()).unwrap();
    let mut config =
        StoreConfig::new(login.host(), login.database(), login.user(), SecretString::new(password));
    config.port = login.port();
    config.tls = TlsMode::Disable;
    config
}

pub(crate) async fn widgets(store: &Store) -> Vec<String> {
    let rows = store.connection().await.unwrap().query("SELECT name FROM widgets ORDER BY name", &[]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

pub(crate) const INSERT_WIDGET: &str = "INSERT INTO widgets (name, size) VALUES ($1, 1)";

/// Asks again and again until the answer is `Ok`; fails with the last `Err` at the deadline.
pub(crate) async fn eventually<T, F>(limit: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + limit;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(last) => assert!(Instant::now() < deadline, "not within {limit:?}; last: {last}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Everything an error would show in a log, causes included.
pub(crate) fn everything(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    text
}

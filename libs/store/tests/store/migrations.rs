use keywright_local_stack::testing;
use keywright_store::refinery::Runner;
use keywright_store::{Store, StoreError, migrate};

use crate::support::{config, everything};

mod embedded_good {
    refinery::embed_migrations!("tests/migrations/good");
}
mod embedded_diverged {
    refinery::embed_migrations!("tests/migrations/diverged");
}
mod embedded_failing {
    refinery::embed_migrations!("tests/migrations/failing");
}

pub(crate) fn good() -> Runner {
    embedded_good::migrations::runner()
}

#[tokio::test]
async fn replicas_that_migrate_at_once_take_turns() {
    let database = testing::database().await;
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let config = config(database.login());
        replicas.spawn(async move { migrate(&Store::connect(&config).await?, good()).await });
    }
    while let Some(outcome) = replicas.join_next().await {
        outcome.unwrap().unwrap();
    }
    let store = Store::connect(&config(database.login())).await.unwrap();
    let connection = store.connection().await.unwrap();
    let applied = "SELECT (SELECT count(*) FROM refinery_schema_history),
                          (SELECT count(*) FROM store_schema_history),
                          (SELECT count(*) FROM audit_outbox) + (SELECT count(*) FROM parts)";
    let row = connection.query_one(applied, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (2, 1, 0));
}

#[tokio::test]
async fn migrating_leaves_the_pool_with_its_own_settings() {
    let (_database, store) = crate::support::migrated_with(|config| config.pool_size = 1).await;
    let connection = store.connection().await.unwrap();
    let row = connection.query_one("SELECT current_setting('statement_timeout')", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "5s");
}

#[tokio::test]
async fn a_history_that_this_build_does_not_know_is_refused() {
    let (_database, store) = crate::support::migrated().await;
    let error = migrate(&store, embedded_diverged::migrations::runner()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Migration { source: None, .. }), "{error:?}");
    assert!(error.to_string().contains("V1__widgets"), "{error}");
    assert!(!error.retryable());
}

#[tokio::test]
async fn a_failed_migration_is_rolled_back_and_its_error_shows_no_value() {
    let database = testing::database().await;
    let store = Store::connect(&config(database.login())).await.unwrap();
    let error = migrate(&store, embedded_failing::migrations::runner()).await.unwrap_err();
    let StoreError::Migration { reason, source: Some(cause) } = &error else { panic!("{error:?}") };
    assert!(reason.contains("V1__duplicates"), "{reason}");
    assert_eq!(cause.unique_violation(), Some("one_of_each"));
    assert!(!everything(&error).contains("a-private-value"), "{error:?}");
    let connection = store.connection().await.unwrap();
    let left = connection.query_one("SELECT to_regclass('duplicates') IS NULL", &[]).await.unwrap();
    assert!(left.get::<_, bool>(0));
}

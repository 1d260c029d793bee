//! Brings a database to the schema that this build needs.

use refinery::Runner;
use refinery::error::Kind;

use crate::{Store, StoreError, Unavailable};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Applies this library's migrations (the outbox) and then the service's own, each with its own history table, under
/// a lock that makes replicas which start together take turns.
///
/// A service embeds its own with `mod embedded { refinery::embed_migrations!("migrations"); }` and passes
/// `embedded::migrations::runner()`.
///
/// # Errors
/// [`StoreError::Migration`] when one fails (it is rolled back by itself), or when the database's history is not
/// the one this build knows; [`StoreError::LockTimeout`] when another replica held the lock for five minutes.
pub async fn migrate(store: &Store, service_migrations: Runner) -> Result<(), StoreError> {
    let mut own = embedded::migrations::runner();
    own.set_migration_table_name(OWN_HISTORY);

    let mut connection = store.connection().await?;
    // Never back to the pool, since it has other settings; its end also frees the lock, however we leave.
    let client = connection.client_for_good()?;
    client.batch_execute(include_str!("sql/prepare_migration.sql")).await?;
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;

    for migrations in [own, service_migrations] {
        let report = migrations.run_async(client).await.map_err(from_refinery)?;
        for migration in report.applied_migrations() {
            tracing::info!(database = store.database(), %migration, "migrated");
        }
    }
    Ok(())
}

fn from_refinery(error: refinery::Error) -> StoreError {
    match error.kind() {
        // The driver's error may quote values: only what we make of it is passed on.
        Kind::Connection(step, _) => {
            let reason = step.clone();
            let source =
                std::error::Error::source(&error).and_then(|cause| cause.downcast_ref()).map(from_driver);
            StoreError::Migration { reason, source: source.map(Box::new) }
        }
        Kind::InvalidName
        | Kind::InvalidVersion
        | Kind::RepeatedVersion(_)
        | Kind::DivergentVersion(..)
        | Kind::MissingVersion(_)
        | Kind::InvalidMigrationPath(..)
        | Kind::ConfigError(_)
        | Kind::InvalidMigrationFile(..) => StoreError::Migration { reason: error.to_string(), source: None },
    }
}

fn from_driver(error: &tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(db) => crate::sqlstate::from_server(db),
        None => StoreError::Unavailable(Unavailable::ConnectionLost),
    }
}

const OWN_HISTORY: &str = "store_schema_history";
/// How long to wait for the lock stands in the SQL beside it.
const LOCK: i64 = 0x6b65_7977_7269_6768;

//! Days that are dropped.

use keywright_store::{Connection, StoreError, Transaction};
use time::Date;

/// The days before `day` that have events, oldest first.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn days_before(connection: &Connection, day: Date) -> Result<Vec<Date>, StoreError> {
    let rows = connection.query(include_str!("sql/days_before.sql"), &[&day]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Drops the partitions of a day, and notes that it was done; says how many events it had, or nothing where another
/// replica has dropped it. Waits for readers only shortly: behind it, all others would wait.
///
/// # Errors
/// [`StoreError::LockTimeout`] where somebody reads for long; any other [`StoreError`] of a statement.
pub async fn drop_day(transaction: &Transaction, day: Date) -> Result<Option<i64>, StoreError> {
    transaction.execute("SELECT set_config('lock_timeout', '2s', true)", &[]).await?;
    let row = transaction.query_one("SELECT drop_event_partitions($1)", &[&day]).await?;
    let events: Option<i64> = row.try_get(0)?;
    if let Some(events) = events {
        transaction.execute(include_str!("sql/note_expired.sql"), &[&day, &events]).await?;
    }
    Ok(events)
}

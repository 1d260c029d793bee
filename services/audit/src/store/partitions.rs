//! The partitions of the event tables, one for each day.

use keywright_store::{Store, StoreError};
use time::Date;

/// Makes the partitions of these days where they are missing, in a transaction of its own; says how many tables were
/// made. Replicas that do it at once wait for each other.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn make(store: &Store, days: &[Date]) -> Result<i32, StoreError> {
    let connection = store.connection().await?;
    let row = connection.query_one("SELECT make_event_partitions($1)", &[&days]).await?;
    Ok(row.try_get(0)?)
}

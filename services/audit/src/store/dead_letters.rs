//! What could not be stored as an event.

use keywright_audit_log::SourcedEntry;
use keywright_store::{Row, StoreError, Transaction};
use uuid::Uuid;

/// An entry that is no event, and why.
#[derive(Debug)]
pub struct DeadLetter<'a> {
    /// The entry, as it came.
    pub entry: &'a SourcedEntry,
    /// Why it is no event; without NUL.
    pub reason: String,
}

/// A dead letter as it is stored.
#[derive(Debug)]
pub struct StoredDeadLetter {
    /// Where it came from.
    pub source: String,
    /// Its position there.
    pub position: i64,
    /// The id it was sent with.
    pub event_id: Option<Uuid>,
    /// The key that kept its order.
    pub partition_key: Vec<u8>,
    /// What should have been a record.
    pub payload: Vec<u8>,
    /// The W3C trace parent.
    pub trace_parent: Option<String>,
    /// Why it is no event.
    pub reason: String,
}

/// Stores dead letters, and says how many were not there yet.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, letters: &[DeadLetter<'_>]) -> Result<u64, StoreError> {
    let entries = || letters.iter().map(|letter| letter.entry);
    let sources: Vec<&str> = entries().map(|entry| &*entry.source).collect();
    let positions: Vec<i64> = entries().map(|entry| entry.position).collect();
    let event_ids: Vec<Option<Uuid>> = entries().map(|entry| entry.event_id).collect();
    let keys: Vec<&[u8]> = entries().map(|entry| &*entry.partition_key).collect();
    let payloads: Vec<&[u8]> = entries().map(|entry| &*entry.payload).collect();
    // Postgres has no place for NUL, and a trace parent has none.
    let trace_parents =
        entries().map(|entry| entry.trace_parent.as_deref().filter(|text| !text.contains('\0')));
    let trace_parents: Vec<Option<&str>> = trace_parents.collect();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    transaction
        .execute(
            include_str!("sql/insert_dead_letters.sql"),
            &[&sources, &positions, &event_ids, &keys, &payloads, &trace_parents, &reasons],
        )
        .await
}

/// Locks some that were not published yet, oldest first, and leaves out what another replica has locked.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn claim_unpublished(
    transaction: &Transaction,
    limit: i64,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let rows = transaction.query(include_str!("sql/claim_unpublished.sql"), &[&limit]).await?;
    rows.iter().map(stored).collect()
}

/// Notes that these were published.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn mark_published(
    transaction: &Transaction,
    letters: &[StoredDeadLetter],
) -> Result<(), StoreError> {
    let sources: Vec<&str> = letters.iter().map(|letter| letter.source.as_str()).collect();
    let positions: Vec<i64> = letters.iter().map(|letter| letter.position).collect();
    transaction.execute(include_str!("sql/mark_published.sql"), &[&sources, &positions]).await.map(|_| ())
}

fn stored(row: &Row) -> Result<StoredDeadLetter, StoreError> {
    Ok(StoredDeadLetter {
        source: row.try_get("source")?,
        position: row.try_get("position")?,
        event_id: row.try_get("event_id")?,
        partition_key: row.try_get("partition_key")?,
        payload: row.try_get("payload")?,
        trace_parent: row.try_get("trace_parent")?,
        reason: row.try_get("reason")?,
    })
}

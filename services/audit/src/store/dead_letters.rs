//! What could not be stored as an event.

use keywright_audit_log::SourcedEntry;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
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
    /// Since when it is here.
    pub stored_at: OffsetDateTime,
    /// When it was sent through the journal once more, the last time.
    pub replayed_at: Option<OffsetDateTime>,
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

/// Those behind a place, in order of source and position; without those that were replayed, unless `all` are wanted.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn list(
    connection: &Connection,
    (source, position): (&str, i64),
    all: bool,
    limit: i64,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let sql = include_str!("sql/list_dead_letters.sql");
    connection.query(sql, &[&source, &position, &all, &limit]).await?.iter().map(stored).collect()
}

/// One of them, which nobody else replays until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock(
    transaction: &Transaction,
    source: &str,
    position: i64,
) -> Result<Option<StoredDeadLetter>, StoreError> {
    let row = transaction.query_opt(include_str!("sql/lock_dead_letter.sql"), &[&source, &position]).await?;
    row.map(|row| stored(&row)).transpose()
}

/// Notes that it was replayed.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn mark_replayed(
    transaction: &Transaction,
    letter: &StoredDeadLetter,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "UPDATE dead_letters SET replayed_at = $3 WHERE source = $1 AND position = $2";
    transaction.execute(sql, &[&letter.source, &letter.position, &at]).await.map(|_| ())
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
        stored_at: row.try_get("stored_at")?,
        replayed_at: row.try_get("replayed_at")?,
    })
}

//! The outbox: a change's audit record, written in the change's own transaction.
//!
//! After the commit the service appends the record to its journal and [`forget`]s the row. What a crash left behind,
//! a sweeper [`claim`]s and hands over. So a record may reach the journal twice, with one event id, and never not
//! at all.

use std::fmt;
use std::time::Duration;

use tokio_postgres::Row;
use uuid::Uuid;

use crate::{CommitError, Store, StoreError, Transaction, metrics};

/// One audit record on its way to the journal.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The record's event id, which makes handing it over twice harmless.
    pub event_id: Uuid,
    /// What its order is kept by: a resource's ARN, or the account.
    pub partition_key: String,
    /// The record as it is to be journaled.
    pub payload: Vec<u8>,
    /// The W3C `traceparent` of the request, if it was traced.
    pub trace_parent: Option<String>,
}

/// Writes the record; it exists if and only if the transaction commits.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, entry: &OutboxEntry) -> Result<(), StoreError> {
    let OutboxEntry { event_id, partition_key, payload, trace_parent } = entry;
    transaction.execute(INSERT, &[event_id, partition_key, payload, trace_parent]).await.map(|_| ())
}

/// Deletes the rows of records that are durable in the journal; says how many were still there.
///
/// # Errors
/// Any [`StoreError`] of a statement. Nothing is lost then: the sweeper will find the rows.
pub async fn forget(store: &Store, event_ids: &[Uuid]) -> Result<u64, StoreError> {
    if event_ids.is_empty() {
        return Ok(0);
    }
    store.connection().await?.execute(FORGET, &[&event_ids]).await
}

/// Claims the oldest records that are at least `older_than` old by the database's clock, `limit` at most, for one
/// sweeper at a time: others skip them until the [`Claim`] ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn claim(store: &Store, older_than: Duration, limit: u32) -> Result<Claim, StoreError> {
    let transaction = store.begin().await?;
    let rows = transaction.query(CLAIM, &[&older_than.as_secs_f64(), &i64::from(limit)]).await?;
    let entries = rows.iter().map(entry_of).collect::<Result<_, _>>()?;
    Ok(Claim { transaction, entries, database: store.database().to_owned() })
}

/// Records that a sweeper holds. Dropped without [`forget`](Self::forget), they are free to be claimed again.
///
/// Hand them over within a minute: the server ends a transaction that stays idle for longer.
#[derive(Debug)]
#[must_use = "claimed records are handed over again unless they are forgotten"]
pub struct Claim {
    transaction: Transaction,
    entries: Vec<OutboxEntry>,
    database: String,
}

impl Claim {
    /// The records, oldest first.
    pub fn entries(&self) -> &[OutboxEntry] {
        &self.entries
    }

    /// Deletes the claimed rows, now that their records are durable in the journal; says how many.
    ///
    /// # Errors
    /// As [`Transaction::commit`]; the records stay in the outbox unless the commit is unknown.
    pub async fn forget(self) -> Result<u64, CommitError> {
        let event_ids: Vec<Uuid> = self.entries.iter().map(|entry| entry.event_id).collect();
        let swept = self.transaction.execute(FORGET, &[&event_ids]).await.map_err(CommitError::RolledBack)?;
        self.transaction.commit().await?;
        metrics::get().outbox_swept.with_label_values(&[self.database.as_str()]).inc_by(swept);
        Ok(swept)
    }

    /// Gives the records back, to be claimed again.
    pub async fn release(self) {
        if let Err(error) = self.transaction.rollback().await {
            tracing::debug!(%error, "a rollback was left to the server");
        }
    }
}

fn entry_of(row: &Row) -> Result<OutboxEntry, StoreError> {
    Ok(OutboxEntry {
        event_id: row.try_get(0)?,
        partition_key: row.try_get(1)?,
        payload: row.try_get(2)?,
        trace_parent: row.try_get(3)?,
    })
}

/// Without the payload, which is for the auditors.
impl fmt::Debug for OutboxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxEntry")
            .field("event_id", &self.event_id)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

const INSERT: &str = include_str!("sql/insert_outbox.sql");
const CLAIM: &str = include_str!("sql/claim_outbox.sql");
const FORGET: &str = "DELETE FROM audit_outbox WHERE event_id = ANY($1)";

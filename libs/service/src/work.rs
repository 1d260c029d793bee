//! A request's change to Postgres, as the pipeline sees it.

use std::ops::{Deref, DerefMut};

use keywright_audit_log::Entry;
use keywright_aws_api::{UnitOfWork, WorkError};
use keywright_store::{CommitError, OutboxEntry, Store, Work, outbox};

/// What one request may change in its service's database.
pub struct PostgresWork(Work);

impl PostgresWork {
    pub(crate) fn new(store: &Store) -> Self {
        Self(Work::new(store))
    }
}

impl Deref for PostgresWork {
    type Target = Work;

    fn deref(&self) -> &Work {
        &self.0
    }
}

impl DerefMut for PostgresWork {
    fn deref_mut(&mut self) -> &mut Work {
        &mut self.0
    }
}

impl UnitOfWork for PostgresWork {
    fn is_begun(&self) -> bool {
        self.0.is_begun()
    }

    async fn finish(mut self, records: &[Entry]) -> Result<(), WorkError> {
        let rolled_back = |error| WorkError::RolledBack(Box::new(error));
        let Some((record, copies)) = records.split_first() else { return Ok(()) };
        for copy in copies {
            let transaction = self.0.transaction().await.map_err(rolled_back)?;
            outbox::insert(transaction, &outbox_entry(copy)).await.map_err(rolled_back)?;
        }
        self.0.finish(outbox_entry(record)).await.map_err(|error| match error {
            CommitError::RolledBack(cause) => WorkError::RolledBack(Box::new(cause)),
            CommitError::Unknown(cause) => WorkError::Unknown(Box::new(cause)),
        })
    }

    async fn abandon(self) {
        self.0.abandon().await;
    }
}

/// A journal entry as the outbox keeps it.
pub(crate) fn outbox_entry(entry: &Entry) -> OutboxEntry {
    OutboxEntry {
        event_id: entry.event_id,
        partition_key: String::from_utf8_lossy(&entry.partition_key).into_owned(),
        payload: entry.payload.to_vec(),
        trace_parent: entry.trace_parent.as_deref().map(str::to_owned),
    }
}

/// An outbox row as the journal takes it.
pub(crate) fn journal_entry(row: &OutboxEntry) -> Entry {
    Entry::new(row.event_id, row.partition_key.clone(), row.payload.clone())
        .with_trace_parent(row.trace_parent.as_deref())
}

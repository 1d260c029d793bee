//! When each key was last used, without a write for each use.
//!
//! A use is noted in memory once its audit record is durable, and what was noted goes to the database in batches
//! ([`LastUsage::flush`]): every few seconds, and when the service stops. A crash loses what was noted since; the audit
//! trail has those uses all the same. A reader looks into its own memory, too, so what lags behind is other replicas' uses.

mod metrics;
mod noted;

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::error::chain;
use keywright_aws_api::{Call, Region};
use keywright_store::{Connection, Store};
use tokio::sync::Mutex;

use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::usage::{KeyLastUsageTrackingOperation, KeyUsage};
use crate::error::Error;
use crate::store;
use crate::store::KeyRow;
use noted::Noted;

/// The last uses of a Region's keys.
pub struct LastUsage {
    region: Region,
    noted: Noted,
    /// One at a time.
    flushing: Mutex<()>,
}

impl LastUsage {
    /// Nothing is noted yet.
    #[must_use]
    pub fn new(region: Region) -> Arc<Self> {
        Arc::new(Self { region, noted: Noted::new(MAX_NOTED), flushing: Mutex::new(()) })
    }

    /// Notes that a call has used a key.
    pub fn note(&self, call: &Call, operation: KeyLastUsageTrackingOperation, key: &KeyEntry) {
        if !self.noted.note(key.name(), KeyUsage::by(call, operation)) {
            metrics::count_dropped();
        }
    }

    /// The last use of a key that is known here or in the database.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn of_key(&self, connection: &Connection, name: KeyName) -> Result<Option<KeyUsage>, Error> {
        // Memory first: what is flushed in between is in the row then.
        let noted = self.noted.get(name);
        let stored = store::last_usage::find(connection, &KeyRow::new(&self.region, name)).await?;
        Ok(match noted {
            Some(noted) => Some(noted.later(stored)),
            None => stored,
        })
    }

    /// Writes what was noted; says of how many keys. What couldn't be written stays noted.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn flush(&self, store: &Store) -> Result<usize, Error> {
        let _one = self.flushing.lock().await;
        let batch = self.noted.leaving();
        if batch.is_empty() {
            return Ok(0);
        }
        let connection = store.connection().await?;
        for rows in batch.chunks(ROWS_AT_ONCE) {
            store::last_usage::put(&connection, &self.region, rows).await?;
        }
        self.noted.left();
        Ok(batch.len())
    }

    /// Flushes again and again, and sooner when much was noted, until it is aborted.
    pub async fn keep_flushing(self: Arc<Self>, store: Store, interval: Duration) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = self.noted.much() => {}
            }
            self.flush_or_warn(&store).await;
        }
    }

    /// The last flush, when the service stops.
    pub async fn flush_at_end(self: Arc<Self>, store: Store) {
        self.flush_or_warn(&store).await;
    }

    async fn flush_or_warn(&self, store: &Store) {
        if let Err(error) = self.flush(store).await {
            tracing::warn!(error = %chain(&error), "the last uses of keys could not be written");
        }
    }
}

/// Of so many keys uses are noted between two flushes; that takes 15 MB.
const MAX_NOTED: usize = 100_000;
const ROWS_AT_ONCE: usize = 1_000;

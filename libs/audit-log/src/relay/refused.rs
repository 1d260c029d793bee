//! What Kafka refuses for what it is: kept in a journal of its own, below the journal that it came from.
//!
//! It is a journal as any other, so it is durable before the relay goes on, and `keywright audit journal inspect` reads it. It is
//! bounded: a topic that refuses everything must not empty the journal into here, but stop the relay.

use std::path::PathBuf;

use parking_lot::Mutex;
use tracing::error;

use super::flight::Refusal;
use crate::journal::{Journal, JournalConfig, JournalError, StoredEntry};

/// The journal of refused entries; made with the first one.
pub(super) struct Refused {
    dir: PathBuf,
    name: String,
    journal: Mutex<Option<Journal>>,
}

impl Refused {
    pub(super) fn of(journal: &Journal) -> Self {
        Self {
            dir: journal.dir().join("refused"),
            name: format!("{}.refused", journal.name()),
            journal: Mutex::new(None),
        }
    }

    /// The journal, if anything was ever put aside.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(super) fn existing(&self) -> Result<Option<Journal>, JournalError> {
        if self.journal.lock().is_none() && !self.dir.exists() {
            return Ok(None);
        }
        self.opened().map(Some)
    }

    /// Keeps an entry that Kafka refused.
    ///
    /// # Errors
    /// When it can't be kept: then the relay must not go on behind it.
    pub(super) async fn put_aside(&self, stored: &StoredEntry, refusal: Refusal) -> Result<(), JournalError> {
        let journal = self.opened()?;
        let (_, bytes) = journal.unacknowledged();
        if bytes >= BOUND_BYTES {
            return Err(JournalError::Full { max_bytes: BOUND_BYTES });
        }
        let _position = journal.append(stored.entry.clone()).await?;
        error!(
            event_id = %stored.entry.event_id,
            position = %stored.position,
            bytes = stored.entry.payload.len(),
            code = ?refusal.code,
            dir = %self.dir.display(),
            "kafka refuses an event; it is put aside, and tried again now and then"
        );
        Ok(())
    }

    /// Closes it with the relay.
    pub(super) async fn close(&self) {
        let journal = self.journal.lock().take();
        if let Some(journal) = journal {
            journal.close().await;
        }
    }

    fn opened(&self) -> Result<Journal, JournalError> {
        let mut known = self.journal.lock();
        if let Some(journal) = known.as_ref() {
            return Ok(journal.clone());
        }
        let mut config = JournalConfig::new(&self.dir, &self.name);
        config.segment_bytes = SEGMENT_BYTES;
        // Replaying appends what is refused again before the former copy is acknowledged.
        config.max_bytes = 2 * BOUND_BYTES;
        let journal = Journal::open(config)?;
        *known = Some(journal.clone());
        Ok(journal)
    }
}

const BOUND_BYTES: u64 = 64 * 1_024 * 1_024;
const SEGMENT_BYTES: u64 = 4 * 1_024 * 1_024;

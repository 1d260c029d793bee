//! Where records become durable, before an answer goes out.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit_log::{Entry, Journal, JournalError, Relay, RelayError};

/// The journal, and where an answer also waits for Kafka, the relay to it.
#[derive(Clone)]
pub struct Recorder {
    journal: Journal,
    broker: Option<Arc<Relay>>,
}

/// Why a record isn't as durable as it has to be.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The journal refused it.
    #[error("the journal refused the record")]
    Journal(#[from] JournalError),
    /// It is in the journal, but Kafka hasn't acknowledged it.
    #[error("the broker has not acknowledged the record")]
    Broker(#[from] RelayError),
    /// It is in the journal, but Kafka takes too long to acknowledge it.
    #[error("the broker takes too long to acknowledge the record")]
    BrokerTimeout,
}

impl Recorder {
    /// Durable in the local journal.
    #[must_use]
    pub fn journal(journal: Journal) -> Self {
        Self { journal, broker: None }
    }

    /// Durable in the local journal and acknowledged by Kafka.
    #[must_use]
    pub fn broker(journal: Journal, relay: Arc<Relay>) -> Self {
        Self { journal, broker: Some(relay) }
    }

    /// Whether a record would be taken in.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        self.journal.is_accepting()
    }

    /// Makes a record durable.
    ///
    /// # Errors
    /// [`RecordError`] when it isn't. What is in the journal will reach Kafka later all the same.
    pub async fn append(&self, entry: Entry) -> Result<(), RecordError> {
        let position = self.journal.append(entry).await?;
        match &self.broker {
            None => Ok(()),
            Some(relay) => tokio::time::timeout(BROKER_TIME_LIMIT, relay.acknowledged(position))
                .await
                .map_err(|_elapsed| RecordError::BrokerTimeout)?
                .map_err(RecordError::from),
        }
    }
}

const BROKER_TIME_LIMIT: Duration = Duration::from_secs(10);

//! Hands a journal on to Kafka: the journal is the only way there.
//!
//! Entries are sent in order by an idempotent producer that tries for ever. An entry counts as handed on when all entries
//! before it are acknowledged too; only then the journal may free it. After a failure that librdkafka doesn't mend by
//! itself, everything not acknowledged is sent again: consumers know an event by its id.
//!
//! Where Kafka refuses an entry for what it is (too large for the topic, an invalid record), entries are sent one by one until
//! the one is found. It is put aside in a journal of its own, `refused` in the journal's directory, and sent again when the
//! relay starts and now and then, until Kafka takes it. Where Kafka refuses everything (the topic is missing or forbidden),
//! nothing is put aside: the relay waits, and the journal keeps all.

mod flight;
mod message;
mod metrics;
mod refused;
mod replay;
mod singly;
mod worker;

use std::{sync::Arc, time::Duration};

use rdkafka::error::RDKafkaErrorCode;
use thiserror::Error;
use tokio::{sync::watch, task::JoinHandle};

use self::worker::{PutAside, Worker};
use crate::{
    journal::{Journal, JournalError, Position},
    kafka::{KafkaConfig, KafkaFailure},
};

/// Why the relay could not begin, or not finish in time.
#[derive(Debug, Clone, Error)]
pub enum RelayError {
    /// Kafka or its client refused; wrong settings show when the relay is spawned.
    #[error("relay cannot use kafka")]
    Kafka(#[from] KafkaFailure),
    /// The journal cannot be read.
    #[error("relay cannot read the journal")]
    Journal(#[from] JournalError),
    /// Kafka has not acknowledged everything in the time given.
    #[error("relay is behind, pending={pending}")]
    Behind {
        /// Entries that Kafka has not acknowledged.
        pending: u64,
    },
    /// Kafka refused the entry for what it is: it is kept, but not in Kafka.
    #[error("kafka refused the entry, and it was put aside")]
    Refused,
    /// Kafka takes nothing.
    #[error("kafka takes no entries, code={code:?}")]
    Blocked {
        /// Its answer.
        code: Option<RDKafkaErrorCode>,
    },
    /// The relay was stopped.
    #[error("relay is stopped")]
    Stopped,
}

/// A running relay. Dropping it does not stop it; its shutdown signal does.
pub struct Relay {
    journal: Journal,
    acknowledged: watch::Receiver<Position>,
    put_aside: Arc<PutAside>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Starts handing `journal` on, until `shutdown` resolves. Kafka may be away: the relay waits for it.
    ///
    /// # Errors
    /// When the settings are not valid.
    pub fn spawn(
        journal: Journal,
        config: KafkaConfig,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, RelayError> {
        let (acknowledged, watching) = watch::channel(journal.acknowledged());
        let put_aside = Arc::new(PutAside::default());
        let worker = Worker::new(journal.clone(), config, Arc::new(acknowledged), Arc::clone(&put_aside))?;
        let task = tokio::spawn(worker.run(shutdown));
        Ok(Self { journal, acknowledged: watching, put_aside, task })
    }

    /// Resolves when Kafka has acknowledged the entry at `position` and all before it.
    ///
    /// # Errors
    /// [`RelayError::Refused`] when Kafka did not take this entry, [`RelayError::Stopped`] when the relay stops before.
    pub async fn acknowledged(&self, position: Position) -> Result<(), RelayError> {
        let mut acknowledged = self.acknowledged.clone();
        match acknowledged.wait_for(|next| *next > position).await {
            Ok(_) if self.put_aside.contains(position) => Err(RelayError::Refused),
            Ok(_) => Ok(()),
            Err(_) => Err(RelayError::Stopped),
        }
    }

    /// Waits until Kafka has acknowledged all that is durable now.
    ///
    /// # Errors
    /// [`RelayError::Behind`] when that takes longer than `deadline`.
    pub async fn wait_idle(&self, deadline: Duration) -> Result<(), RelayError> {
        let end = self.journal.durable_end();
        let mut acknowledged = self.acknowledged.clone();
        let waited = tokio::time::timeout(deadline, acknowledged.wait_for(|next| *next >= end)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(RelayError::Stopped),
            Err(_) => Err(RelayError::Behind { pending: end.since(*self.acknowledged.borrow()) }),
        }
    }

    /// Waits for the relay to end, after its shutdown signal.
    ///
    /// # Errors
    /// [`RelayError::Stopped`] when it ended abnormally.
    pub async fn finished(self) -> Result<(), RelayError> {
        self.task.await.map_err(|_| RelayError::Stopped)
    }
}

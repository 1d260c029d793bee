//! The relay from the journal to Kafka, as one of a service's tasks.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit_log::{Journal, KafkaConfig, Relay};
use tokio::sync::oneshot;

use crate::config::{Commit, KafkaSection};
use crate::error::ServiceError;

/// The running relay.
pub(crate) struct RelayTask {
    relay: Arc<Relay>,
    shutdown: oneshot::Sender<()>,
}

impl RelayTask {
    /// Starts to relay `journal` to the configured brokers, which may be away for now.
    pub(crate) fn start(
        journal: &Journal,
        kafka: &KafkaSection,
        commit: Commit,
    ) -> Result<Self, ServiceError> {
        let mut config = kafka.client()?;
        if commit == Commit::Broker {
            // Answers wait for each entry, so the producer doesn't wait for more of them.
            config.linger = Duration::ZERO;
        }
        let (shutdown, stopped) = oneshot::channel();
        let stopped = async move {
            // A dropped sender says the same.
            let _ = stopped.await;
        };
        let relay = Relay::spawn(journal.clone(), config, stopped).map_err(ServiceError::own)?;
        Ok(Self { relay: Arc::new(relay), shutdown })
    }

    /// For answers that wait for Kafka.
    pub(crate) fn relay(&self) -> Arc<Relay> {
        Arc::clone(&self.relay)
    }

    /// Lets the relay finish what it can in a short time; the journal keeps the rest.
    pub(crate) async fn stop(self) {
        if let Err(error) = self.relay.wait_idle(FLUSH_TIME_LIMIT).await {
            tracing::info!(%error, "the journal keeps what kafka has not acknowledged");
        }
        // The task ends by itself, also where nobody hears this.
        let _ = self.shutdown.send(());
    }
}

impl KafkaSection {
    /// How our Kafka clients reach the cluster.
    ///
    /// # Errors
    /// [`ServiceError::SecretFile`] when the properties file can't be read.
    pub fn client(&self) -> Result<KafkaConfig, ServiceError> {
        let mut config = KafkaConfig::new(&self.brokers);
        config.topic.clone_from(&self.topic);
        config.partitions = self.partitions;
        config.properties = self.properties()?.into_iter().collect();
        Ok(config)
    }
}

const FLUSH_TIME_LIMIT: Duration = Duration::from_secs(5);

//! Where events come from.

use std::sync::Arc;

use keywright_audit_log::{EventSource, Journal, JournalSource, KafkaSource, KafkaSourceConfig, SourceError};

use crate::store::positions::Positions;

/// The source that the service is started with.
pub enum SourceConfig {
    /// The audit topic of the brokers that `[kafka]` names.
    Kafka,
    /// The journals of the services of this process; the audit service adds its own.
    Journals(Vec<Journal>),
}

/// Opens the source, again and again if need be.
pub struct SourceOpener {
    kind: Kind,
    positions: Arc<Positions>,
}

enum Kind {
    Kafka(KafkaSourceConfig),
    Journals(Vec<Journal>),
}

impl SourceOpener {
    /// Opens the audit topic.
    #[must_use]
    pub fn kafka(config: KafkaSourceConfig, positions: Positions) -> Self {
        Self { kind: Kind::Kafka(config), positions: Arc::new(positions) }
    }

    /// Opens journals of this process.
    #[must_use]
    pub fn journals(journals: Vec<Journal>, positions: Positions) -> Self {
        Self { kind: Kind::Journals(journals), positions: Arc::new(positions) }
    }

    /// A source that goes on at the settled positions.
    ///
    /// # Errors
    /// [`SourceError`] when the settings are wrong, or a position can't be had or is beyond the journal's end.
    pub async fn open(&self) -> Result<Box<dyn EventSource>, SourceError> {
        match &self.kind {
            Kind::Kafka(config) => {
                Ok(Box::new(KafkaSource::start(config.clone(), Arc::clone(&self.positions) as _)?))
            }
            Kind::Journals(journals) => {
                let journals = journals.iter().cloned();
                Ok(Box::new(JournalSource::start(journals, self.positions.as_ref()).await?))
            }
        }
    }
}

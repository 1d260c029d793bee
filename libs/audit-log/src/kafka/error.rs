//! What of librdkafka's errors may be shown: a setting's value never is.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

/// Why Kafka, or its client, refused.
#[derive(Debug, Clone, Error)]
pub enum KafkaFailure {
    /// A setting is unknown or has an impossible value.
    #[error("kafka setting is not valid, name={name}")]
    Setting {
        /// The setting.
        name: String,
    },
    /// The topic could not be made.
    #[error("kafka topic could not be made, code={code}")]
    Topic {
        /// The broker's answer.
        code: RDKafkaErrorCode,
    },
    /// Anything else.
    #[error("kafka request failed")]
    Client(#[source] KafkaError),
}

impl From<KafkaError> for KafkaFailure {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, _, name, _) => Self::Setting { name },
            other => Self::Client(other),
        }
    }
}

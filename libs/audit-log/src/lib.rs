//! The event record, the journal, the relay to Kafka and the sources to read from.
//!
//! Nothing is answered before its record is durable. A service builds a [`Record`], appends it to its [`Journal`]
//! (many requests share one `fdatasync`) and then answers. The [`Relay`] is the only way from there into Kafka; the
//! audit service reads either Kafka or the journals themselves through one [`EventSource`].

pub mod journal;
pub mod kafka;
pub mod record;
pub mod relay;
pub mod source;

pub use journal::{Journal, JournalConfig, JournalError, JournalReader, Position, StoredEntry};
pub use kafka::KafkaConfig;
pub use record::{Entry, EventEnvelope, Fields, Record, UserIdentity};
pub use relay::{Relay, RelayError};
pub use source::{
    EventSource, JournalSource, KafkaSource, KafkaSourceConfig, PositionStore, SourceBatch, SourceError,
    SourcePosition, SourcedEntry,
};

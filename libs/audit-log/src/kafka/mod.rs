//! The audit topic: how it is reached, and how it is made.

mod config;
mod error;
mod topic;

pub use config::{AUDIT_TOPIC, KafkaConfig};
pub use error::KafkaFailure;
pub(crate) use topic::ensure_topic;

/// The header with the event's id, as text.
pub(crate) const EVENT_ID_HEADER: &str = "event-id";
/// The header with the W3C trace parent.
pub(crate) const TRACE_PARENT_HEADER: &str = "traceparent";

//! A private Apache Kafka: one node in KRaft mode, broker and controller in one.

mod broker;
mod java;
mod properties;

pub use broker::{KafkaBroker, KafkaConfig};
pub(crate) use java::find_java;

//! A private Apache Kafka in KRaft mode: one node, or several, each broker and controller in one.

mod broker;
mod cluster;
mod java;
mod properties;

pub use broker::{KafkaBroker, KafkaConfig};
pub use cluster::{KafkaCluster, KafkaClusterConfig};
pub(crate) use java::find_java;

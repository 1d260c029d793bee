//! One promise, two sources: the conformance suite runs on the journals and on a real Apache Kafka.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod conformance;
mod events;
mod group;
mod journal_rig;
mod kafka_rig;
mod positions;
mod refused;
mod relay;
mod rig;

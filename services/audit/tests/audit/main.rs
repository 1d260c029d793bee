//! The consumer and LookupEvents, on a real Postgres, on journals and on a real Apache Kafka.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod conformance;
mod dead_letter_topic;
mod events;
mod group;
mod journal_rig;
mod kafka_rig;
mod lookup_pages;
mod lookups;
mod migrations;
mod outages;
mod partitions;
mod plans;
mod positions;
mod retention;
mod rig;
mod trail;

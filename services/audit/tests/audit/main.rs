//! The consumer and LookupEvents, on a real Postgres, on journals and on a real Apache Kafka.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the lints spare test functions, but not what these call"
)]

mod conformance;
mod dead_letter_topic;
mod dead_letters;
mod events;
mod group;
mod journal_rig;
mod kafka_rig;
mod lake;
mod lake_isolation;
mod lake_queries;
mod lookup_pages;
mod lookups;
mod migrations;
mod notifications;
mod outages;
mod partitions;
mod plans;
mod positions;
mod retention;
mod rig;
mod trail;
mod trails;
mod webhook_server;

//! The audit service: it stores the events of all services and finds them again, as CloudTrail does.
//!
//! ```text
//! Kafka, or the journals of this process -> consumer -> Postgres, a partition for each day -> LookupEvents
//! ```
//!
//! Sources deliver each event at least once. The [`consumer`] stores it once: its row is known by the event's id, and how
//! far a source was read is settled in the transaction of the rows. What is no event is put aside as a dead letter.

pub mod admin;
pub mod app;
pub mod config;
pub mod consumer;
pub mod dead_letter_topic;
pub mod domain;
pub mod error;
pub mod lake;
pub mod log;
pub mod notifications;
pub mod operations;
pub mod retention;
pub mod service;
mod signing_key;
pub mod store;
pub mod trail_files;
pub mod trails;

//! Secrets Manager: named secrets with versions, whose values only KMS can open for those who may.
//!
//! A value is sealed under a data key of its own, which KMS hands out and encrypts for the caller ([`envelope`]); the
//! database holds ciphertext. A secret's versions are told apart by labels, of which each belongs to one version
//! ([`domain::stages`]), so that there is exactly one current version at any time.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

pub mod app;
pub mod config;
pub mod directory;
pub mod domain;
pub mod envelope;
pub mod error;
pub mod events;
pub mod kms;
pub mod operations;
pub mod replication;
pub mod rotation;
pub mod service;
pub mod store;
pub mod throughput;
pub mod worker;

//! SSM Parameter Store: named values in hierarchies, with versions; SecureStrings are encrypted by KMS for the caller.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html>
//!
//! - [`domain`]: names and hierarchies, tiers, the envelope of advanced SecureStrings, filters; no I/O.
//! - [`store`]: the tables. The plaintext of a SecureString never gets there.
//! - [`directory`]: finds parameters for who reads them, in memory first.
//! - [`pages`]: pages of what is below a path.
//! - [`kms`]: KMS as this service sees it; it decides for the caller, not for us.
//! - [`secrets_manager`]: Secrets Manager as this service sees it, for references to secrets.
//! - [`public_parameters`]: what the operator publishes for all accounts.
//! - [`operations`]: one file for each operation, or for a small family.
//! - [`worker`]: applies the policies of parameters.

pub mod app;
pub mod config;
pub mod directory;
pub mod domain;
pub mod error;
pub mod events;
pub mod kms;
pub mod limits;
pub mod operations;
pub mod pages;
pub mod public_parameters;
pub mod secrets_manager;
pub mod secure_string;
pub mod service;
pub mod store;
pub mod throughput;
pub mod worker;

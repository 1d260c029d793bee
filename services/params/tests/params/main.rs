//! Parameter Store over HTTP, on a database of its own. KMS is a fake; the real one is in `e2e/`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod authorization;
mod by_path;
mod concurrency;
mod delete;
mod describe;
mod fake_kms;
mod fake_secrets;
mod get;
mod labels;
mod limits;
mod memory;
mod names;
mod plans;
mod policies;
mod public;
mod put;
mod records;
mod secret_references;
mod secure_string;
mod settings;
mod sharing;
mod support;
mod tags;
mod visibility;

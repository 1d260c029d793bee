//! The service as its callers see it: over HTTP, on a real Postgres, with the journal that the audit trail begins in.
//! KMS is a fake, as no service depends on another; the real one is in `e2e/`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod batch;
mod concurrency;
mod creation;
mod deletion;
mod encryption;
mod fake_kms;
mod harness;
mod limits;
mod listing;
mod memory;
mod passwords;
mod records;
mod refusals;
mod replication;
mod resource_policies;
mod rotation;
mod rotation_function;
mod stages;
mod strangers;
mod tags;
mod versions;

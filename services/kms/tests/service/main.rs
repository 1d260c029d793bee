//! The service as its callers see it: over HTTP, on a real Postgres, with the journal that the audit trail begins in.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod aliases;
mod cryptography;
mod deletion;
mod harness;
mod hierarchy;
mod last_usage;
mod managed_keys;
mod outage;
mod policies_and_tags;
mod quotas;
mod records;
mod refusals;
mod replicas;
mod states;

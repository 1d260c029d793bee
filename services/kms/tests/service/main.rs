//! The service as its callers see it: over HTTP, on a real Postgres, with the journal that the audit trail begins in.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod agreement;
mod aliases;
mod asymmetric_encryption;
mod cryptography;
mod custom_key_stores;
mod data_key_pairs;
mod deletion;
mod harness;
mod macs;
mod managed_keys;
mod openssl;
mod outage;
mod policies_and_tags;
mod records;
mod refusals;
mod replicas;
mod signatures;
mod states;
mod xks_failures;
mod xks_proxy;

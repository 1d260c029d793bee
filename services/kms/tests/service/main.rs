//! The service as its callers see it: over HTTP, on a real Postgres, with the journal that the audit trail begins in.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod agreement;
mod aliases;
mod asymmetric_encryption;
mod condition_keys;
mod cross_account;
mod cryptography;
mod data_key_pairs;
mod deletion;
mod grant_use;
mod grants;
mod harness;
mod key_policies;
mod macs;
mod managed_keys;
mod openssl;
mod outage;
mod policies_and_tags;
mod principals;
mod records;
mod refusals;
mod replicas;
mod retirement;
mod signatures;
mod states;

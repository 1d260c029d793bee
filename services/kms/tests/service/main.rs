//! The service as its callers see it: over HTTP, on a real Postgres, with the journal that the audit trail begins in.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod agreement;
mod aliases;
mod asymmetric_encryption;
mod cloud_hsm;
mod cloud_hsm_failures;
mod cloud_hsm_secrecy;
mod condition_keys;
mod creation;
mod cross_account;
mod cryptography;
mod custom_key_stores;
mod data_key_pairs;
mod deletion;
mod enclaves;
mod grant_use;
mod grants;
mod harness;
mod hierarchy;
mod import_conditions;
mod imported_keys;
mod imported_replicas;
mod importing;
mod imports;
mod key_policies;
mod last_usage;
mod macs;
mod managed_keys;
mod multi_region;
mod openssl;
mod outage;
mod policies_and_tags;
mod principals;
mod quotas;
mod records;
mod refusals;
mod region_messages;
mod regions;
mod replicas;
mod retirement;
mod rotation;
mod shared_events;
mod signatures;
mod state_table;
mod states;
mod wycheproof;
mod xks_failures;
mod xks_proxy;

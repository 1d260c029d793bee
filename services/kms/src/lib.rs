//! The KMS service: keys of all kinds, their aliases, tags and policies, and the cryptography under them.
//!
//! Keys form a hierarchy. The root key, outside of the database, wraps domain keys; a domain key wraps each key's
//! materials; from a material and a random salt comes the key of each message ([`domain::ciphertext`]). What is needed to
//! use a key is kept in bounded memory ([`directory`]), so that a cryptographic call touches no database once it is warm.
//! A change reaches every replica by a notification ([`changes`]).
//!
//! API: <https://docs.aws.amazon.com/kms/latest/APIReference/>

pub mod admin;
pub mod app;
pub mod changes;
pub mod config;
pub mod custom_stores;
pub mod directory;
pub mod domain;
pub mod enclaves;
pub mod error;
pub mod events;
pub mod granted;
pub mod hierarchy;
pub mod imported;
pub mod last_usage;
pub mod new_key;
pub mod operations;
pub mod quotas;
pub mod regions;
pub mod rewrap;
pub mod rotation;
pub mod rsa_pool;
pub mod service;
pub mod store;
pub mod worker;
pub mod xks;

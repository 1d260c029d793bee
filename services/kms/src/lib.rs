//! The KMS service: keys of all kinds, their aliases, tags and policies, and the cryptography under them.
//!
//! Keys form a hierarchy. The root key, outside of the database, wraps domain keys; a domain key wraps each key's
//! materials; from a material and a random salt comes the key of each message ([`domain::ciphertext`]). What is needed to
//! use a key is kept in bounded memory ([`directory`]), so that a cryptographic call touches no database once it is warm.
//! A change reaches every replica by a notification ([`changes`]).
//!
//! API: <https://docs.aws.amazon.com/kms/latest/APIReference/>

pub mod app;
pub mod changes;
pub mod config;
pub mod directory;
pub mod domain;
pub mod error;
pub mod events;
pub mod granted;
pub mod hierarchy;
pub mod new_key;
pub mod operations;
pub mod rsa_pool;
pub mod service;
pub mod store;
pub mod worker;

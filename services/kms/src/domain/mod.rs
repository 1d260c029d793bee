//! What KMS is about: keys and their names, the key hierarchy, ciphertexts, and what is kept of them in memory.

pub mod algorithms;
pub mod alias;
pub mod backing_key;
pub mod ciphertext;
pub mod condition_keys;
pub mod domain_keys;
pub mod encryption_context;
pub mod entry;
pub mod grant;
pub mod grant_token;
pub mod grants;
pub mod identifier;
pub mod key;
pub mod key_id;
pub mod key_spec;
pub mod loading_cache;
pub mod managed;
pub mod marker;
pub mod material;
pub mod message;
pub mod policy;
pub mod primitives;
pub mod state;
pub mod tags;

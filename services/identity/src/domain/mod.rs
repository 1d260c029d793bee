//! What identity is about, free of storage and wire.

pub mod access_key;
pub mod forward_token;
pub mod identity;
pub mod names;
pub mod owner;
pub mod policy;
pub mod quota;
pub mod random_text;
pub mod sealing;
pub mod session;
pub mod tags;
pub mod trust_policy;

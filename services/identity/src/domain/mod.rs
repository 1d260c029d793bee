//! What identity is about, free of storage and wire.

pub mod access_key;
pub mod aws_policies;
pub mod forward_token;
pub mod identity;
pub mod issuer_url;
pub mod managed_policy;
pub mod names;
pub mod owner;
pub mod policy;
pub mod quota;
pub mod random_text;
pub mod role_arn;
pub mod sealing;
pub mod session;
pub mod session_size;
pub mod sts_refusal;
pub mod tags;
pub mod trust_policy;

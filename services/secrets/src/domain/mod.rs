//! What a secret is, and the rules that need neither the database nor KMS.

pub mod filter;
pub mod listing;
pub mod name;
pub mod next_token;
pub mod reference;
pub mod replica;
pub mod resource_policy;
pub mod sealed_value;
pub mod secret;
pub mod stage;
pub mod stages;
pub mod storable;
pub mod tags;
pub mod value;
pub mod version;
pub mod version_id;

//! What Parameter Store is about: names and hierarchies, types and tiers, what a new version becomes, policies, filters.

pub mod envelope;
pub mod filter;
pub mod kind;
pub mod label;
pub mod name;
pub mod page_token;
pub mod parameter;
pub mod path;
pub mod policies;
pub mod prefixes;
pub mod reference;
pub mod revision;
pub mod secret_reference;
pub mod service_setting;
pub mod sharing;
pub mod tags;

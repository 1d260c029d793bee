//! The operations of the CloudTrail API, one file each.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html>

pub mod lake;
mod list_public_keys;
mod lookup_events;
pub mod trails;

pub use list_public_keys::ListPublicKeys;
pub use lookup_events::LookupEvents;

//! The operations of the CloudTrail API, one file each.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html>

mod lookup_events;

pub use lookup_events::LookupEvents;

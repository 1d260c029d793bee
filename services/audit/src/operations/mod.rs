//! The operations of the CloudTrail API, one file each.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html>

mod lookup_events;
mod shown_time;

pub use lookup_events::LookupEvents;

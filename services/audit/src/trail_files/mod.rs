//! CloudTrail's log files, and the digest files by which they are verified, in a directory that is laid out as a trail's
//! bucket is.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
//!
//! Records are taken in the order of the transparency log, so that each is in one file. What is written is noted in the
//! database first, and can therefore be written again after a crash, byte for byte.

mod config;
mod delivery;
mod digest;
mod directory;
mod error;
mod key;
mod names;
mod task;

pub use config::TrailSection;
pub use error::TrailError;
pub use task::Trail;

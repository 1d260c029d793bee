//! How often something may be called: token buckets, and the settings that say how fast tokens come. Which quotas there are
//! is each service's own.

mod bucket;
mod section;

pub use bucket::{Bucket, Rate};
pub use section::{QuotaError, QuotaPreset, QuotasSection, Setting};

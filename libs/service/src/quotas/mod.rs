//! How often something may be called: token buckets, and the settings that say how fast tokens come. Which quotas there are
//! is each service's own.

mod accounts;
mod bucket;
mod limit;
mod section;
mod throttled;

pub use accounts::AccountQuotas;
pub use bucket::{Bucket, Rate};
pub use limit::Limit;
pub use section::{QuotaError, QuotaPreset, QuotasSection, Setting};
pub use throttled::throttled;

//! How long a key hasn't been used, for the operations that take it out of use.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html>

use std::sync::Arc;

use keywright_aws_api::Call;
use time::OffsetDateTime;

use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

/// The condition key, without its prefix.
pub(crate) const TRAILING_DAYS: &str = "TrailingDaysWithoutKeyUsage";

/// A key, and for how many whole days it wasn't used.
pub(crate) struct IdleKey {
    pub(crate) entry: Arc<KeyEntry>,
    /// In text, as conditions compare it.
    pub(crate) days: String,
}

impl IdleKey {
    /// Looks up when the key was used.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub(crate) async fn of(kms: &Kms, call: &Call, entry: Arc<KeyEntry>) -> Result<Self, Error> {
        let connection = kms.store.connection().await?;
        let used = match kms.last_usage.of_key(&connection, entry.name()).await? {
            Some(usage) => usage.at,
            // Since no use was seen: of an earlier one nothing is known.
            None => store::last_usage::tracked_since(&connection).await?.max(entry.key.created_at),
        };
        Ok(Self { entry, days: whole_days(used, call.received_at).to_string() })
    }
}

impl AsRef<KeyEntry> for IdleKey {
    fn as_ref(&self) -> &KeyEntry {
        &self.entry
    }
}

/// Another replica's clock may be ahead: what is used in the future is used today.
fn whole_days(used: OffsetDateTime, now: OffsetDateTime) -> i64 {
    (now - used).whole_days().max(0)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_day_counts_when_it_is_over() {
        let now = datetime!(2025-06-30 12:00 UTC);
        for (ago, days) in [
            (Duration::ZERO, 0),
            (Duration::hours(23), 0),
            (Duration::days(1), 1),
            (Duration::days(90), 90),
            (Duration::seconds(-5), 0),
            (Duration::days(-2), 0),
        ] {
            assert_eq!(whole_days(now - ago, now), days, "{ago}");
        }
    }
}

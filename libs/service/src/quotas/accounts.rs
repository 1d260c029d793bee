//! The buckets of each account.

use std::sync::Arc;

use keywright_aws_api::AccountId;
use quick_cache::sync::Cache;
use time::OffsetDateTime;

use super::{Bucket, QuotaError, QuotasSection, Rate};

/// One bucket for each account and quota. They are this process's own, so replicas multiply what the settings allow.
pub struct AccountQuotas {
    quotas: Vec<(&'static str, Option<Rate>)>,
    is_limited: bool,
    accounts: Cache<AccountId, Arc<[Bucket]>>,
}

impl AccountQuotas {
    /// All buckets full. The table has names and the figures that AWS publishes, in calls a second; `section_name` is what
    /// errors call the settings.
    ///
    /// # Errors
    /// [`QuotaError`] for a setting that can't be counted.
    pub fn new(
        section: &QuotasSection,
        section_name: &'static str,
        table: &[(&'static str, Option<f64>)],
    ) -> Result<Self, QuotaError> {
        let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        let aws = |name: &str| table.iter().find(|(known, _)| *known == name).and_then(|(_, rate)| *rate);
        let rates = section.rates(section_name, &names, aws)?;
        let is_limited = rates.iter().any(Option::is_some);
        let quotas = names.into_iter().zip(rates).collect();
        Ok(Self { quotas, is_limited, accounts: Cache::new(MAX_ACCOUNTS) })
    }

    /// Whether anything is limited.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// Whether this quota is.
    #[must_use]
    pub fn limits(&self, name: &str) -> bool {
        self.quotas.iter().any(|(known, rate)| *known == name && rate.is_some())
    }

    /// Counts a call; false when the account has used its quota up. What isn't limited is admitted.
    #[must_use]
    pub fn admit(&self, account: AccountId, name: &str, now: OffsetDateTime) -> bool {
        let found = self.quotas.iter().position(|(known, _)| *known == name);
        let Some((index, rate)) = found.and_then(|index| Some((index, self.quotas.get(index)?.1?))) else {
            return true;
        };
        let full = || self.quotas.iter().map(|_| Bucket::default()).collect::<Arc<[Bucket]>>();
        let buckets =
            self.accounts.get_or_insert_with(&account, || Ok::<_, std::convert::Infallible>(full()));
        let Ok(buckets) = buckets;
        let now = u64::try_from(now.unix_timestamp_nanos()).unwrap_or(0);
        buckets.get(index).is_none_or(|bucket| bucket.take(rate, now))
    }
}

/// Of so many accounts it is known how much they have left.
const MAX_ACCOUNTS: usize = 10_000;

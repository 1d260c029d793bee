//! The buckets of each account.

use std::sync::Arc;

use keywright_aws_api::{AccountId, ApiError};
use quick_cache::sync::Cache;
use time::OffsetDateTime;

use super::{Bucket, QuotaError, QuotasSection, Rate, throttled};

/// One bucket for each account and quota. They are this process's own, so replicas multiply what the settings allow.
pub struct AccountQuotas {
    service: &'static str,
    quotas: Vec<(&'static str, Option<Rate>)>,
    is_limited: bool,
    accounts: Cache<AccountId, Arc<[Bucket]>>,
}

impl AccountQuotas {
    /// All buckets full. Refused calls are counted for `service`. The table has names and the figures that AWS publishes, in
    /// calls a second; `section_name` is what errors call the settings.
    ///
    /// # Errors
    /// [`QuotaError`] for a setting that can't be counted.
    pub fn new(
        service: &'static str,
        section: &QuotasSection,
        section_name: &'static str,
        table: &[(&'static str, Option<f64>)],
    ) -> Result<Self, QuotaError> {
        let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        let aws = |name: &str| table.iter().find(|(known, _)| *known == name).and_then(|(_, rate)| *rate);
        let rates = section.rates(section_name, &names, aws)?;
        let is_limited = rates.iter().any(Option::is_some);
        let quotas = names.into_iter().zip(rates).collect();
        Ok(Self { service, quotas, is_limited, accounts: Cache::new(MAX_ACCOUNTS) })
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

    /// Counts a call. What isn't limited is admitted.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when the account has used its quota up.
    pub fn admit(&self, account: AccountId, name: &str, now: OffsetDateTime) -> Result<(), ApiError> {
        let found = self.quotas.iter().position(|(known, _)| *known == name);
        let Some((index, rate)) = found.and_then(|index| Some((index, self.quotas.get(index)?.1?))) else {
            return Ok(());
        };
        let full = || self.quotas.iter().map(|_| Bucket::default()).collect::<Arc<[Bucket]>>();
        let buckets =
            self.accounts.get_or_insert_with(&account, || Ok::<_, std::convert::Infallible>(full()));
        let Ok(buckets) = buckets;
        let now = u64::try_from(now.unix_timestamp_nanos()).unwrap_or(0);
        match buckets.get(index) {
            Some(bucket) if !bucket.take(rate, now) => Err(throttled(self.service, name, "Rate exceeded")),
            Some(_) | None => Ok(()),
        }
    }
}

/// Of so many accounts it is known how much they have left.
const MAX_ACCOUNTS: usize = 10_000;

//! How often an account may call: token buckets for each account and quota.
//!
//! They are this process's own, so replicas multiply what the settings allow. A call counts where its key is known, before
//! it is decided whether the caller may: a refused call counts as well. One that a service makes for a caller counts for
//! the caller's account, and one that uses another account's key for the caller's, too.

pub mod quota;

use std::sync::Arc;

use keywright_aws_api::{AccountId, ApiError, Call, Region};
use keywright_service::quotas::{self, Bucket, QuotaError, QuotasSection, Rate};
use quick_cache::sync::Cache;

use crate::app::NAME;
use crate::domain::key_spec::{DataKeyPairSpec, KeySpec};
use quota::{QUOTAS, Quota};

/// All buckets of a Region.
pub struct Quotas {
    rates: Vec<Option<Rate>>,
    accounts: Cache<AccountId, Arc<Buckets>>,
    custom_key_stores: Cache<String, Arc<Bucket>>,
}

/// One account's buckets.
type Buckets = [Bucket; QUOTAS];

/// A key, as far as quotas tell keys apart.
pub trait UsedKey {
    /// The kind of its material.
    fn spec(&self) -> KeySpec;

    /// The custom key store that holds its material.
    fn custom_key_store(&self) -> Option<&str>;
}

impl Quotas {
    /// All buckets full.
    ///
    /// # Errors
    /// [`QuotaError`] for a setting that can't be counted.
    pub fn new(section: &QuotasSection, region: &Region) -> Result<Self, QuotaError> {
        Ok(Self {
            rates: rates(section, region)?,
            accounts: Cache::new(MAX_ACCOUNTS),
            custom_key_stores: Cache::new(MAX_CUSTOM_KEY_STORES),
        })
    }

    /// Counts a call of an operation that has a quota of its own.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when it is used up.
    pub fn admit_operation(&self, call: &Call, operation: &str) -> Result<(), ApiError> {
        match Quota::of_operation(operation) {
            Some(quota) => self.admit(call, quota),
            None => Ok(()),
        }
    }

    /// Counts a cryptographic operation with a key; one whose key isn't known counts among those with symmetric keys.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when a quota is used up.
    pub fn admit_use<K: UsedKey>(&self, call: &Call, key: Option<&K>) -> Result<(), ApiError> {
        match key {
            Some(key) => self.admit_uses(call, &[key]),
            None => self.admit(call, Quota::SYMMETRIC),
        }
    }

    /// Counts a cryptographic operation with several keys, once for each quota that they fall under.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when one is used up. What was taken from the others is
    /// not given back.
    pub fn admit_uses(&self, call: &Call, keys: &[&dyn UsedKey]) -> Result<(), ApiError> {
        for (at, key) in keys.iter().enumerate() {
            let before = || keys.iter().take(at);
            let quota = Quota::of_use(key.spec());
            if !before().any(|other| Quota::of_use(other.spec()) == quota) {
                self.admit(call, quota)?;
            }
            if let Some(store) = key.custom_key_store()
                && !before().any(|other| other.custom_key_store() == Some(store))
            {
                self.admit_custom_key_store(call, store)?;
            }
        }
        Ok(())
    }

    /// Counts a data key pair of this spec.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when its quota is used up.
    pub fn admit_data_key_pair(&self, call: &Call, spec: DataKeyPairSpec) -> Result<(), ApiError> {
        Quota::of_data_key_pair(spec).map_or(Ok(()), |quota| self.admit(call, quota))
    }

    /// Counts random bytes, from a custom key store if one is named.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when a quota is used up.
    pub fn admit_random(&self, call: &Call, custom_key_store: Option<&str>) -> Result<(), ApiError> {
        self.admit(call, Quota::SYMMETRIC)?;
        custom_key_store.map_or(Ok(()), |store| self.admit_custom_key_store(call, store))
    }

    /// Counts a call against one quota of the account that calls.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when it is used up.
    pub fn admit(&self, call: &Call, quota: Quota) -> Result<(), ApiError> {
        let Some(rate) = self.rate(quota) else { return Ok(()) };
        let account = call.account();
        let buckets = match self.accounts.get(&account) {
            Some(buckets) => buckets,
            None => {
                let fresh: Buckets = std::array::from_fn(|_| Bucket::default());
                let made = self.accounts.get_or_insert_with(&account, || Ok::<_, ApiError>(Arc::new(fresh)));
                made?
            }
        };
        match buckets.get(quota.index()) {
            Some(bucket) if !bucket.take(rate, nanos(call)) => Err(throttled(quota)),
            Some(_) | None => Ok(()),
        }
    }

    fn admit_custom_key_store(&self, call: &Call, store: &str) -> Result<(), ApiError> {
        let Some(rate) = self.rate(Quota::CUSTOM_KEY_STORE) else { return Ok(()) };
        let made = || Ok::<_, ApiError>(Arc::new(Bucket::default()));
        let bucket = self.custom_key_stores.get_or_insert_with(store, made)?;
        if bucket.take(rate, nanos(call)) { Ok(()) } else { Err(throttled(Quota::CUSTOM_KEY_STORE)) }
    }

    fn rate(&self, quota: Quota) -> Option<Rate> {
        self.rates.get(quota.index()).copied().flatten()
    }
}

/// The rate of each quota in this Region.
fn rates(section: &QuotasSection, region: &Region) -> Result<Vec<Option<Rate>>, QuotaError> {
    let names = Quota::all().map(Quota::name).collect::<Vec<_>>();
    section.rates("quotas", &names, |name| Quota::named(name).map(|quota| quota.aws_rate(region)))
}

fn throttled(quota: Quota) -> ApiError {
    quotas::throttled(NAME, quota.name(), USED_UP)
}

fn nanos(call: &Call) -> u64 {
    u64::try_from(call.received_at.unix_timestamp_nanos()).unwrap_or(0)
}

const USED_UP: &str =
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";
/// Of so many accounts and stores it is known how much they have left; who is forgotten begins anew. That takes 5 MB.
const MAX_ACCOUNTS: usize = 10_000;
const MAX_CUSTOM_KEY_STORES: usize = 10_000;

#[cfg(test)]
mod tests {
    use keywright_service::quotas::QuotaPreset;

    use super::*;

    #[test]
    fn every_quota_has_a_figure_of_awss() {
        let section = QuotasSection { preset: QuotaPreset::Aws, ..QuotasSection::default() };
        let rates = rates(&section, &Region::parse("eu-west-3").unwrap()).unwrap();
        assert_eq!(rates.iter().flatten().count(), QUOTAS);
        assert_eq!(rates[Quota::SYMMETRIC.index()], Rate::per_second(10_000.0));
    }
}

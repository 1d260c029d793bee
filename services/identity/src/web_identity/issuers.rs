//! The keys of issuers, kept.
//!
//! An issuer is asked when its keys have grown old, or when a token names a key that isn't among them; never more often
//! than once in a while, so that a flood of made-up tokens doesn't become one of questions. One question is asked at a
//! time, and only those wait for it who can't do without.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex as AsyncMutex;

use super::error::WebIdentityError;
use super::key_set::KeySet;
use super::settings::WebIdentitySection;

/// Why keys could not be fetched.
pub(super) type FetchError = Box<dyn StdError + Send + Sync>;

/// Where the keys of an issuer are got from.
pub(super) trait KeySource: Send + Sync {
    /// The keys of the issuer with this URL, given without its scheme.
    fn keys<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<KeySet, FetchError>>;
}

/// How long keys are kept.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) fresh: Duration,
    pub(super) stale: Duration,
    pub(super) floor: Duration,
}

/// The issuers whose keys are known.
pub(super) struct Issuers {
    source: Arc<dyn KeySource>,
    bounds: Bounds,
    known: Mutex<HashMap<String, Arc<Issuer>>>,
}

#[derive(Default)]
struct Issuer {
    kept: Mutex<Kept>,
    asking: AsyncMutex<()>,
}

#[derive(Default)]
struct Kept {
    keys: Option<(Arc<KeySet>, OffsetDateTime)>,
    asked_at: Option<OffsetDateTime>,
}

impl Bounds {
    pub(super) fn of(section: &WebIdentitySection) -> Self {
        let seconds = |seconds: u32| Duration::seconds(i64::from(seconds));
        Self {
            fresh: seconds(section.keys_fresh_seconds),
            stale: seconds(section.keys_stale_seconds),
            floor: seconds(section.refresh_floor_seconds),
        }
    }
}

impl Issuers {
    pub(super) fn new(source: Arc<dyn KeySource>, bounds: Bounds) -> Self {
        Self { source, bounds, known: Mutex::default() }
    }

    /// The keys of a registered issuer, to verify what the key of this id signed; it need not be among them.
    pub(super) async fn keys_at(
        &self,
        url: &str,
        key_id: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Arc<KeySet>, WebIdentityError> {
        let issuer = self.issuer(url);
        let fresh = |issuer: &Issuer| issuer.kept_at(now, self.bounds.fresh).filter(|keys| keys.has(key_id));
        if let Some(keys) = fresh(&issuer) {
            return Ok(keys);
        }
        let usable = issuer.kept_at(now, self.bounds.stale).filter(|keys| keys.has(key_id));
        let _one = match (issuer.asking.try_lock(), usable) {
            (Ok(one), _) => one,
            (Err(_), Some(keys)) => return Ok(keys),
            (Err(_), None) => issuer.asking.lock().await,
        };
        if let Some(keys) = fresh(&issuer) {
            return Ok(keys);
        }
        if issuer.may_be_asked(now, self.bounds.floor) {
            match self.source.keys(url).await {
                Ok(keys) => issuer.keep(keys, now),
                Err(error) => {
                    let cause = keywright_aws_api::error::chain(error.as_ref());
                    tracing::warn!(issuer = url, cause, "the keys of an identity provider cannot be fetched");
                }
            }
        }
        issuer.kept_at(now, self.bounds.stale).ok_or(WebIdentityError::Unreachable)
    }

    fn issuer(&self, url: &str) -> Arc<Issuer> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(issuer) = known.get(url) {
            return Arc::clone(issuer);
        }
        if known.len() >= MAX_ISSUERS {
            known.clear();
        }
        Arc::clone(known.entry(url.to_owned()).or_default())
    }
}

impl Issuer {
    /// The keys, if they are at most this old.
    fn kept_at(&self, now: OffsetDateTime, age: Duration) -> Option<Arc<KeySet>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (keys, fetched_at) = kept.keys.as_ref()?;
        (now - *fetched_at <= age).then(|| Arc::clone(keys))
    }

    fn keep(&self, keys: KeySet, now: OffsetDateTime) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keys = Some((Arc::new(keys), now));
    }

    /// Whether it is time to ask; then it counts as asked.
    fn may_be_asked(&self, now: OffsetDateTime, floor: Duration) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let may = kept.asked_at.is_none_or(|asked_at| (now - asked_at).abs() >= floor);
        if may {
            kept.asked_at = Some(now);
        }
        may
    }
}

/// Only issuers that are registered come here.
const MAX_ISSUERS: usize = 1_000;

//! Credentials from identity, kept as the pipeline needs them.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use keywright_aws_api::{
    Caller, Clock, Credential, CredentialError, CredentialRequest, CredentialSource, Region,
};
use keywright_crypto::{Random, SecretString};
use time::{Date, OffsetDateTime, UtcOffset};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::ask::{AskIdentity, CredentialAnswer, CredentialQuestion, ForwardQuestion, NotAnswered};
use super::caller;
use super::config::IdentityClientConfig;
use super::flights::Flight;
use super::following;
use super::keys::{CredentialKey, CredentialLookup, ForwardKey};
use super::lifetime::{Lifetime, Millis};
use super::message::Facts;
use super::outage::Outage;
use super::refreshing::Refreshing;
use super::remote::RemoteIdentity;
use super::unknown::UnknownKeys;
use crate::compiled_policies::CompiledPolicies;
use crate::error::ServiceError;

/// Credentials by way of identity, cached.
///
/// What is served without waiting takes no lock and no allocation. What can't be served is asked for once, however many
/// wait for it. A flood of made-up access keys neither grows the cache nor pushes anything out of it: only what identity
/// answered is kept in it.
pub struct IdentityCredentials(Arc<Inner>);

/// The bounds of the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// How many credentials are kept, and as many forward tokens.
    pub entries: usize,
    /// How long an unknown access key stays unknown without asking again.
    pub unknown_for: Duration,
}

pub(super) struct Inner {
    identity: Arc<dyn AskIdentity>,
    clock: Arc<dyn Clock>,
    hashing: RandomState,
    credentials: Refreshing<CredentialKey, Arc<Credential>>,
    forwarded: Refreshing<ForwardKey, Arc<Caller>>,
    unknown: UnknownKeys,
    policies: CompiledPolicies,
    outage: Outage,
    /// Bounds the questions for what was never answered before; those that keep answers fresh don't queue here.
    first_questions: Semaphore,
}

impl IdentityCredentials {
    /// A cache in front of `identity`, which is asked on `runtime`.
    #[must_use]
    pub fn new(
        identity: Arc<dyn AskIdentity>,
        settings: CacheSettings,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Self {
        Self(Arc::new(Inner {
            identity,
            clock,
            hashing: RandomState::new(),
            credentials: Refreshing::new(settings.entries, runtime.clone()),
            forwarded: Refreshing::new(settings.entries, runtime),
            unknown: UnknownKeys::new(settings.unknown_for, UNKNOWN_CAPACITY),
            policies: CompiledPolicies::default(),
            outage: Outage::default(),
            first_questions: Semaphore::new(FIRST_QUESTIONS),
        }))
    }

    /// A cache in front of the identity service that `config` names. Must be called on a tokio runtime, which then asks
    /// the questions.
    ///
    /// # Errors
    /// [`ServiceError`] when the secret can't be read or the endpoint is no URL.
    pub fn connect(
        config: &IdentityClientConfig,
        region: &Region,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ServiceError> {
        let remote = RemoteIdentity::new(config, region, Arc::clone(&clock), random)?;
        let settings = CacheSettings { entries: config.cache_entries, unknown_for: config.unknown_for() };
        let runtime = Handle::try_current().map_err(ServiceError::own)?;
        let credentials = Self::new(Arc::new(remote), settings, clock, runtime.clone());
        credentials.follow_changes(&runtime);
        Ok(credentials)
    }

    /// Drops what changes at identity, from now on and for as long as these credentials are used.
    pub fn follow_changes(&self, runtime: &Handle) {
        runtime.spawn(following::follow(Arc::downgrade(&self.0)));
    }

    /// These credentials, seen from within.
    pub(super) fn of(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    /// Drops all that is known of a principal, by its unique id, and of the sessions of a role or user: what they may is
    /// asked for again.
    pub fn invalidate(&self, principal_id: &str) {
        let is_his = |caller: &Caller| {
            caller.principal_id == principal_id
                || caller.session.as_ref().is_some_and(|session| session.issuer_id == principal_id)
        };
        self.drop_known(is_his);
    }

    /// Drops all that is known of the principals of an account.
    pub fn invalidate_account(&self, account: &str) {
        self.drop_known(|caller| caller.principal.account == account);
    }

    fn drop_known(&self, stale: impl Fn(&Caller) -> bool) {
        self.0.credentials.invalidate(|credential| stale(&credential.caller));
        self.0.forwarded.invalidate(|caller| stale(caller));
        self.0.unknown.clear();
    }

    /// Drops all that is known.
    pub fn invalidate_all(&self) {
        self.drop_known(|_| true);
    }

    /// How many credentials are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.0.credentials.len()
    }
}

impl CredentialSource for IdentityCredentials {
    fn cached(&self, request: CredentialRequest<'_>) -> Option<Arc<Credential>> {
        let now = self.0.now();
        let lookup = CredentialLookup::new(request);
        let hash = lookup.hash(&self.0.hashing);
        let served = self.0.credentials.served(hash, now, |key| lookup.is(key))?;
        if served.refresh {
            drop(self.0.ask_credential(hash, lookup.to_key(), request));
        }
        Some(served.answer)
    }

    fn resolve<'a>(
        &'a self,
        request: CredentialRequest<'a>,
    ) -> BoxFuture<'a, Result<Arc<Credential>, CredentialError>> {
        Box::pin(async move {
            let now = self.0.clock.now();
            // No key is derived for far days, whoever's it is: so made-up days don't fill the cache.
            if !is_near(request.scope.date, now) || self.0.unknown.contains(request.access_key_id, now) {
                return Err(CredentialError::Unknown);
            }
            let now = Millis::from(now);
            let lookup = CredentialLookup::new(request);
            let (hash, key) = (lookup.hash(&self.0.hashing), lookup.to_key());
            // It may have come since the caller looked.
            if let Some(served) = self.0.credentials.served(hash, now, |kept| *kept == key) {
                if served.refresh {
                    drop(self.0.ask_credential(hash, key, request));
                }
                return Ok(served.answer);
            }
            let answer = self.0.ask_credential(hash, key.clone(), request).await;
            or_stale(answer, || self.0.credentials.usable(hash, &key, now))
        })
    }

    fn forwarded<'a>(
        &'a self,
        token: &'a str,
        service: &'a Caller,
    ) -> BoxFuture<'a, Result<Arc<Caller>, CredentialError>> {
        Box::pin(async move {
            let now = self.0.now();
            let key = ForwardKey::new(token, &service.access_key_id);
            let hash = self.0.hashing.hash_one(&key);
            if let Some(served) = self.0.forwarded.served(hash, now, |kept| *kept == key) {
                if served.refresh {
                    drop(self.0.ask_forwarded(hash, key, token, service));
                }
                return Ok(served.answer);
            }
            let answer = self.0.ask_forwarded(hash, key.clone(), token, service).await;
            or_stale(answer, || self.0.forwarded.usable(hash, &key, now))
        })
    }
}

impl Inner {
    /// Who is asked.
    pub(super) fn identity(&self) -> Arc<dyn AskIdentity> {
        Arc::clone(&self.identity)
    }

    fn now(&self) -> Millis {
        self.clock.now().into()
    }

    /// Asks for a credential, or joins those who do. It goes on also if nobody waits.
    fn ask_credential(
        self: &Arc<Self>,
        hash: u64,
        key: CredentialKey,
        request: CredentialRequest<'_>,
    ) -> Flight<Arc<Credential>> {
        self.credentials.flights.join(key.clone(), || {
            let question = CredentialQuestion {
                access_key_id: request.access_key_id.to_owned(),
                scope: request.scope.clone(),
                session_token: request.session_token.map(|token| SecretString::new(token.to_owned())),
            };
            let inner = Arc::clone(self);
            async move { inner.credential(hash, key, question).await }
        })
    }

    async fn credential(
        &self,
        hash: u64,
        key: CredentialKey,
        question: CredentialQuestion,
    ) -> Result<Arc<Credential>, NotAnswered> {
        let generation = self.credentials.generation();
        let asked_at = self.now();
        let _turn = if self.credentials.has(hash, &key, asked_at) { None } else { Some(self.turn().await?) };
        let outcome = self.identity.credential(&question).await;
        let outcome = outcome.and_then(|answer| self.read_credential(answer, asked_at));
        self.outage.observe(&outcome);
        if let Err(NotAnswered::Unknown) = &outcome {
            self.unknown.insert(&question.access_key_id, self.clock.now());
        }
        self.credentials.settle(hash, key, asked_at, generation, outcome)
    }

    /// Asks for whom a service acts, or joins those who do.
    fn ask_forwarded(
        self: &Arc<Self>,
        hash: u64,
        key: ForwardKey,
        token: &str,
        service: &Caller,
    ) -> Flight<Arc<Caller>> {
        self.forwarded.flights.join(key.clone(), || {
            let question = ForwardQuestion {
                token: SecretString::new(token.to_owned()),
                sender_access_key_id: service.access_key_id.clone(),
            };
            let inner = Arc::clone(self);
            async move {
                let generation = inner.forwarded.generation();
                let asked_at = inner.now();
                let outcome = inner.identity.forwarded(&question).await;
                let outcome = outcome.and_then(|facts| inner.read_facts(&facts, asked_at));
                inner.outage.observe(&outcome);
                inner.forwarded.settle(hash, key, asked_at, generation, outcome)
            }
        })
    }

    /// Waits, for a bounded time, for a turn to ask for something new.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, NotAnswered> {
        match tokio::time::timeout(TURN_TIME_LIMIT, self.first_questions.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(closed)) => Err(NotAnswered::unavailable(closed)),
            Err(_elapsed) => Err(NotAnswered::unavailable("too many new access keys are being looked up")),
        }
    }

    fn read_credential(
        &self,
        answer: CredentialAnswer,
        asked_at: Millis,
    ) -> Result<(Arc<Credential>, Lifetime), NotAnswered> {
        let (caller, lifetime) = self.read_facts(&answer.facts, asked_at)?;
        Ok((Arc::new(Credential { signing_key: answer.signing_key, caller }), lifetime))
    }

    fn read_facts(&self, facts: &Facts, asked_at: Millis) -> Result<(Arc<Caller>, Lifetime), NotAnswered> {
        // A policy that can't be understood might deny: without it nothing can be decided.
        let caller = caller::caller(facts, &self.policies).map_err(NotAnswered::unavailable)?;
        Ok((caller, Lifetime::new(&facts.keep, asked_at)))
    }
}

/// Whether a request may be signed for this day now: presigned ones are good for seven days, and clocks disagree.
#[must_use]
pub fn is_near(day: Date, now: OffsetDateTime) -> bool {
    let days = (day - now.to_offset(UtcOffset::UTC).date()).whole_days();
    (-DAYS_BACK..=DAYS_AHEAD).contains(&days)
}

/// While identity is away, what was answered before is used, up to its bound.
fn or_stale<V>(
    answer: Result<V, NotAnswered>,
    usable: impl FnOnce() -> Option<V>,
) -> Result<V, CredentialError> {
    match answer {
        Err(NotAnswered::Unavailable(cause)) => match usable() {
            Some(stale) => {
                super::metrics::stale_used();
                Ok(stale)
            }
            None => Err(NotAnswered::Unavailable(cause).into()),
        },
        answered => answered.map_err(Into::into),
    }
}

const DAYS_BACK: i64 = 8;
const DAYS_AHEAD: i64 = 1;
const UNKNOWN_CAPACITY: usize = 10_000;
const FIRST_QUESTIONS: usize = 64;
const TURN_TIME_LIMIT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;

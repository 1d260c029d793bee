//! Connects custom key stores: whichever replica is first claims a store that is to be connected, and tries.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::RequestId;
use keywright_aws_api::error::chain;
use keywright_store::{CommitError, Transaction};
use tokio::task::JoinSet;

use super::backends::Backend;
use super::external::health_metadata;
use super::refusals::Refusal;
use crate::changes::{Changed, announce};
use crate::domain::custom_store::{ConnectionErrorCodeType, ConnectionStateType};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::custom_stores::Claim;
use crate::xks::{ProxyRefusal, XksError};

/// Connects what is to be connected, until it is aborted: at once when this replica was asked to, else in a few seconds.
pub async fn run(kms: Arc<Kms>) {
    let mut running = JoinSet::new();
    loop {
        mark_refused(&kms).await;
        // A store that is slow holds up no other one.
        match claim(&kms).await {
            Ok(claims) => claims.into_iter().for_each(|claim| {
                let kms = Arc::clone(&kms);
                running.spawn(async move {
                    if let Err(error) = connect(&kms, &claim).await {
                        let store = &claim.name.id;
                        tracing::warn!(%store, error = %chain(&error), "a custom key store could not be dealt with");
                    }
                });
            }),
            Err(error) => tracing::warn!(error = %chain(&error), "custom key stores could not be looked for"),
        }
        while running.try_join_next().is_some() {}
        // Whether it was woken or the time is over makes no difference.
        let _ = tokio::time::timeout(INTERVAL, kms.to_connect.notified()).await;
    }
}

/// Connects every store that is to be connected and isn't claimed; says how many there were.
///
/// # Errors
/// What kept the next one from being dealt with.
pub async fn connect_pending(kms: &Kms) -> Result<usize, Error> {
    let claims = claim(kms).await?;
    for claim in &claims {
        connect(kms, claim).await?;
    }
    Ok(claims.len())
}

async fn claim(kms: &Kms) -> Result<Vec<Claim>, Error> {
    let transaction = kms.store.begin().await?;
    let claims = store::custom_stores::claim_connecting(&transaction, &kms.region, LEASE_SECONDS).await?;
    commit(transaction).await?;
    Ok(claims)
}

async fn connect(kms: &Kms, claim: &Claim) -> Result<(), Error> {
    let changed = Changed::Store(claim.name.clone());
    // What is in memory may be of a former attempt, with another password.
    kms.directory.caches().forget(&changed);
    let entry = kms.directory.custom_store(&claim.name).await;
    let failure = match &entry {
        Ok(entry) => try_out(&entry.backend, claim).await.err(),
        Err(error) => {
            tracing::warn!(store = %claim.name.id, error = %chain(error), "a custom key store could not be loaded");
            Some(ConnectionErrorCodeType::InternalError)
        }
    };
    let state = if failure.is_some() { ConnectionStateType::Failed } else { ConnectionStateType::Connected };
    let transaction = kms.store.begin().await?;
    if store::custom_stores::settle(&transaction, &kms.region, claim, state, failure).await? {
        announce(&transaction, &kms.region, &changed).await?;
    }
    commit(transaction).await?;
    kms.directory.caches().forget(&changed);
    if failure.is_none() {
        // While `entry` is there, its token stays open for this one.
        _ = kms.directory.custom_store(&claim.name).await;
    }
    let code = failure.map(ConnectionErrorCodeType::as_str);
    tracing::info!(store = %claim.name.id, state = state.as_str(), code, "connected a custom key store, or not");
    Ok(())
}

/// Marks as failed whom a token has refused since. Each replica would else find out by a login of its own.
async fn mark_refused(kms: &Kms) {
    let refusals = &kms.backends.clusters.refusals;
    for refusal in refusals.take() {
        if let Err(error) = mark(kms, &refusal).await {
            let store = &refusal.name.id;
            tracing::warn!(%store, error = %chain(&error), "a custom key store could not be marked as failed");
            refusals.note(refusal);
        }
    }
}

async fn mark(kms: &Kms, refusal: &Refusal) -> Result<(), Error> {
    let Refusal { name, attempt, code } = refusal;
    let transaction = kms.store.begin().await?;
    let changed = Changed::Store(name.clone());
    if store::custom_stores::fail(&transaction, &kms.region, name, *attempt, *code).await? {
        announce(&transaction, &kms.region, &changed).await?;
        tracing::warn!(store = %name.id, code = code.as_str(), "the token of a custom key store lets nobody in");
    }
    commit(transaction).await?;
    kms.directory.caches().forget(&changed);
    Ok(())
}

async fn commit(transaction: Transaction) -> Result<(), Error> {
    transaction.commit().await.map_err(|error| match error {
        CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Error::Store(cause),
    })
}

async fn try_out(backend: &Backend, claim: &Claim) -> Result<(), ConnectionErrorCodeType> {
    match backend {
        // Whether the password was tried before can't be known, and a token locks itself after a few wrong ones.
        Backend::CloudHsm(_) if claim.again => Err(ConnectionErrorCodeType::InternalError),
        Backend::CloudHsm(hsm) => hsm.connect().await.map_err(|error| error.connection_error_code()),
        Backend::External(proxy) => {
            let metadata = health_metadata("ConnectCustomKeyStore", RequestId::generate().to_string());
            proxy.check_health(&metadata).await.map_err(|error| of_proxy(&error))
        }
    }
}

fn of_proxy(error: &XksError) -> ConnectionErrorCodeType {
    use ConnectionErrorCodeType as Code;
    match error {
        XksError::Unreachable(_) | XksError::NothingBehind => Code::XksProxyNotReachable,
        XksError::Tls(_) => Code::XksProxyInvalidTlsConfiguration,
        XksError::TimedOut | XksError::Busy => Code::XksProxyTimedOut,
        XksError::Malformed(_) | XksError::UnsuitableKey(_) => Code::XksProxyInvalidResponse,
        XksError::Request(_) => Code::InternalError,
        XksError::Refused(refusal) => match refusal {
            ProxyRefusal::AuthenticationFailed => Code::InvalidCredentials,
            ProxyRefusal::AccessDenied => Code::XksProxyAccessDenied,
            ProxyRefusal::InvalidUriPath => Code::XksProxyInvalidConfiguration,
            ProxyRefusal::DependencyTimeout => Code::XksProxyTimedOut,
            ProxyRefusal::Throttling | ProxyRefusal::Internal => Code::XksProxyNotReachable,
            ProxyRefusal::Validation
            | ProxyRefusal::InvalidState
            | ProxyRefusal::InvalidCiphertext
            | ProxyRefusal::InvalidKeyUsage
            | ProxyRefusal::KeyNotFound
            | ProxyRefusal::UnsupportedOperation => Code::XksProxyInvalidResponse,
        },
    }
}

/// How soon another replica sees that the one which was asked doesn't connect.
const INTERVAL: Duration = Duration::from_secs(5);
/// For how long a replica that connects a store is left alone: longer than any attempt takes.
const LEASE_SECONDS: f64 = 60.0;

//! Destroys in tokens what no key needs any more: the material of deleted keys, and what was made for keys that then
//! were not.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::error::chain;
use keywright_service::due_work::keep_doing;
use keywright_store::CommitError;

use super::backends::Backend;
use super::error::CustomStoreError;
use crate::domain::entry::KeyName;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::hsm_keys::DueKey;

/// Looks for what is due, again and again, until it is aborted.
pub async fn run(kms: Arc<Kms>, interval: Duration) {
    keep_doing("destroy keys in tokens", interval, || destroy_due_keys(&kms)).await;
}

/// Destroys what is due in the tokens of all connected stores; says how many keys. What can't be destroyed stays due.
///
/// # Errors
/// What kept the next one from being looked for.
pub async fn destroy_due_keys(kms: &Kms) -> Result<usize, Error> {
    let mut count = 0;
    while let Some(destroyed) = destroy_one(kms).await? {
        count += usize::from(destroyed);
    }
    Ok(count)
}

/// Nothing is committed before the key is gone, so a crash leaves it due.
async fn destroy_one(kms: &Kms) -> Result<Option<bool>, Error> {
    let transaction = kms.store.begin().await?;
    let Some(due) = store::hsm_keys::claim_due(&transaction, &kms.region).await? else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let at = KeyRow::new(&kms.region, KeyName { account: due.store.account, id: due.id });
    let destroyed = destroy(kms, &due).await;
    match &destroyed {
        Ok(()) => {
            store::hsm_keys::take_back(&transaction, &at).await?;
            tracing::info!(store = %due.store.id, key = %due.id, "destroyed a key in a token");
        }
        Err(error) => {
            // All of its keys: a token that hangs shall hold up the others once, not once for each.
            store::hsm_keys::postpone(&transaction, &kms.region, &due.store, RETRY_SECONDS).await?;
            let (store, key, error) = (&due.store.id, &due.id, chain(error));
            tracing::warn!(%store, %key, %error, "a key in a token could not be destroyed yet");
        }
    }
    transaction.commit().await.map_err(|error| match error {
        CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Error::Store(cause),
    })?;
    Ok(Some(destroyed.is_ok()))
}

async fn destroy(kms: &Kms, due: &DueKey) -> Result<(), Error> {
    let entry = kms.directory.custom_store(&due.store).await?;
    if !entry.store.is_connected() {
        return Err(CustomStoreError::InvalidState(entry.store.connection).into());
    }
    match &entry.backend {
        Backend::CloudHsm(hsm) => Ok(hsm.destroy_key(due.id).await.map_err(CustomStoreError::Token)?),
        Backend::External(_) => Err(Error::Corrupt("a key in the token of an external key store")),
    }
}

/// How soon a token that could not destroy a key is asked again.
const RETRY_SECONDS: f64 = 30.0;

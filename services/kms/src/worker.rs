//! Destroys the keys whose waiting period is over.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::AccountName;
use keywright_service::due_work::keep_doing;
use time::OffsetDateTime;

use crate::changes::{Changed, announce};
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, OriginType};
use crate::error::Error;
use crate::events::KeyEvent;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

/// Looks for keys that are due, again and again, until it is aborted.
pub async fn run(kms: Arc<Kms>, interval: Duration) {
    keep_doing("destroy keys", interval, || delete_due_keys(&kms, kms.now())).await;
}

/// Destroys every key that is due at `now`; says how many.
///
/// # Errors
/// What kept the next one from being destroyed.
pub async fn delete_due_keys(kms: &Kms, now: OffsetDateTime) -> Result<usize, Error> {
    let mut count = 0;
    while delete_one(kms, now).await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Destroys one key with its materials, aliases and tags, in one transaction with its record.
async fn delete_one(kms: &Kms, now: OffsetDateTime) -> Result<Option<Key>, Error> {
    let transaction = kms.store.begin().await?;
    let Some(key) = store::keys::claim_due(&transaction, &kms.region, now).await? else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let name = KeyName { account: key.account, id: key.id };
    let at = KeyRow::new(&kms.region, name);
    let aliases = store::aliases::names_of_key(&transaction, &at).await?;
    let aliases = aliases.into_iter().map(|alias| AccountName { account: key.account, name: alias.into() });
    let changes: Vec<Changed> = aliases.map(Changed::Alias).chain([Changed::Key(name)]).collect();
    store::keys::delete(&transaction, &at).await?;
    if let Some(store) = key.custom_store.as_ref().filter(|_| key.origin == OriginType::AwsCloudHsm) {
        // Its material is destroyed apart from this, as the token may be away for long.
        store::hsm_keys::note(&transaction, &at, &store.store_id, 0.0).await?;
    }
    if key.is_replica(&kms.region) {
        // Its primary key hears that it is gone.
        kms.tell_regions(&transaction, &key).await?;
    }
    for changed in &changes {
        announce(&transaction, &kms.region, changed).await?;
    }
    kms.commit_event(transaction, KeyEvent::DeleteKey, &key, now).await?;
    for changed in &changes {
        kms.directory.caches().forget(changed);
    }
    kms.peers.wake();
    Ok(Some(key))
}

//! Opens the key hierarchy at the start (the root key, and the domain key below it), and follows its changes.

use std::sync::Arc;

use keywright_aws_api::error::chain;
use keywright_crypto::Random;
use keywright_root_key::RootKeys;
use keywright_service::{RootKeySection, ServiceError, open_root_keys};
use keywright_store::Store;
use time::OffsetDateTime;

use crate::domain::domain_keys::DomainKeys;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

/// Opens the hierarchy, or makes it where there is none. Replicas that start together take turns.
///
/// The root key is made only where the database holds nothing that another one has wrapped.
///
/// # Errors
/// [`ServiceError`] with what to set or to bring back.
pub async fn open(
    store: &Store,
    root_key: &RootKeySection,
    previous: Option<&RootKeySection>,
    random: Arc<dyn Random>,
    now: OffsetDateTime,
) -> Result<DomainKeys, ServiceError> {
    let transaction = store.begin().await?;
    store::domain_keys::lock(&transaction).await?;
    let active = store::domain_keys::find_active(&transaction).await.map_err(ServiceError::own)?;
    let roots: RootKeys = open_root_keys(root_key, previous, active.is_none(), Arc::clone(&random)).await?;
    let active = match active {
        Some(active) => active,
        None => {
            let root = roots.current();
            let made = DomainKeys::generate(&**root, &*random).map_err(ServiceError::own)?;
            store::domain_keys::insert(&transaction, &made, now).await?;
            tracing::info!(domain_key = %made.id, root_key = %root.id(), "made the first domain key");
            made
        }
    };
    let keys = DomainKeys::open(roots, &active).map_err(ServiceError::own)?;
    // What is still wrapped by another root key than these would be found out when it is needed, and too late.
    for row in store::domain_keys::all(&transaction).await.map_err(ServiceError::own)? {
        keys.unwrap_off_runtime(&row.key).await.map_err(ServiceError::own)?;
    }
    transaction.commit().await.map_err(ServiceError::own)?;
    Ok(keys)
}

/// Takes up another active domain key whenever there may be one, until it is aborted.
pub async fn follow(kms: Arc<Kms>) {
    loop {
        kms.directory.caches().domain_keys.notified().await;
        while let Err(error) = take_up(&kms).await {
            tracing::warn!(error = %chain(&error), "the active domain key could not be read");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn take_up(kms: &Kms) -> Result<(), Error> {
    let connection = kms.store.connection().await?;
    let all = store::domain_keys::all(&connection).await?;
    drop(connection);
    let active = all.iter().find(|row| row.retired_at.is_none());
    let active = &active.ok_or(Error::Corrupt("no domain key is active"))?.key;
    kms.domain_keys.activate(active).await?;
    kms.domain_keys.keep_only(|id| all.iter().any(|row| row.key.id == id));
    if all.len() > 1 {
        kms.domain_keys.note_retired();
    }
    Ok(())
}

const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

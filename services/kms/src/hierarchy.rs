//! Opens the key hierarchy at the start: the root key, and the domain key below it.

use std::sync::Arc;

use keywright_crypto::Random;
use keywright_service::{RootKeySection, ServiceError};
use keywright_store::Store;
use time::OffsetDateTime;

use crate::domain::domain_keys::DomainKeys;
use crate::store;

/// Opens the hierarchy, or makes it where there is none. Replicas that start together take turns.
///
/// The root key is made only where the database holds nothing that another one has wrapped.
///
/// # Errors
/// [`ServiceError`] with what to set or to bring back.
pub async fn open(
    store: &Store,
    section: &RootKeySection,
    random: Arc<dyn Random>,
    now: OffsetDateTime,
) -> Result<DomainKeys, ServiceError> {
    let transaction = store.begin().await?;
    store::domain_keys::lock(&transaction).await?;
    let active = store::domain_keys::find_active(&transaction).await.map_err(ServiceError::own)?;
    let root = section.open(active.is_none(), Arc::clone(&random)).await?;
    let active = match active {
        Some(active) => active,
        None => {
            let made = DomainKeys::generate(&*root, &*random).map_err(ServiceError::own)?;
            store::domain_keys::insert(&transaction, &made, now).await?;
            tracing::info!(domain_key = %made.id, root_key = %root.id(), "made the first domain key");
            made
        }
    };
    transaction.commit().await.map_err(ServiceError::own)?;
    DomainKeys::open(root, &active).map_err(ServiceError::own)
}

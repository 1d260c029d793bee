//! Opens the key hierarchy at the start: the root key, and the domain key below it.

use std::path::PathBuf;
use std::sync::Arc;

use keywright_crypto::Random;
use keywright_root_key::{RootKey, RootKeySource};
use keywright_service::ServiceError;
use keywright_service::base::read_secret;
use keywright_store::Store;
use time::OffsetDateTime;

use crate::config::{RootKeyKind, RootKeySection};
use crate::domain::domain_keys::DomainKeys;
use crate::error::Error;
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
    let source = source(section, active.is_none())?;
    let root = open_root_key(source, Arc::clone(&random)).await?;
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

/// Reads files, and derives from a passphrase for a good part of a second: not for the runtime's threads.
async fn open_root_key(
    source: RootKeySource,
    random: Arc<dyn Random>,
) -> Result<Arc<dyn RootKey>, ServiceError> {
    let opened = tokio::task::spawn_blocking(move || keywright_root_key::open(&source, &*random)).await;
    let root = opened.map_err(|_| ServiceError::own(Error::LoadEnded))?;
    root.map_err(ServiceError::own)
}

fn source(section: &RootKeySection, create: bool) -> Result<RootKeySource, ServiceError> {
    match section.kind {
        RootKeyKind::KeyFile => {
            Ok(RootKeySource::KeyFile { path: required(&section.path, "root_key.path")?, create })
        }
        RootKeyKind::Passphrase => {
            let passphrase_file = required(&section.passphrase_file, "root_key.passphrase_file")?;
            Ok(RootKeySource::Passphrase {
                passphrase: read_secret(&passphrase_file)?,
                salt_file: required(&section.salt_file, "root_key.salt_file")?,
                create,
            })
        }
    }
}

fn required(path: &Option<PathBuf>, setting: &'static str) -> Result<PathBuf, ServiceError> {
    path.clone()
        .ok_or_else(|| ServiceError::own(format!("{setting} is not set: set it for this root_key.kind")))
}

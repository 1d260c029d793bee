//! What the operations on custom key stores share.

use keywright_aws_api::{Call, Input};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;

use crate::changes::Changed;
use crate::custom_stores::CustomStoreError;
use crate::domain::custom_store::StoreName;
use crate::domain::store_credential;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::custom_stores::{StoredStore, WrappedCredential};

/// By what KMS proves to a proxy who it is.
#[derive(Input)]
pub(crate) struct XksProxyAuthenticationCredential {
    #[member(length = 20..=30, pattern = "^[A-Z2-7]+$")]
    pub(super) access_key_id: SecretString,
    #[member(length = 43..=64, pattern = "^[a-zA-Z0-9\\/+=]+$")]
    pub(super) raw_secret_access_key: SecretString,
}

/// The store with this id in the caller's account.
pub(super) fn store_name(call: &Call, id: &str) -> StoreName {
    StoreName { account: call.account(), id: id.into() }
}

/// Begins to change a store: locks it, and sees to it that every replica drops what it keeps of it once the change is
/// committed. Gives the store as it is now.
pub(super) async fn change_store(
    kms: &Kms,
    work: &mut PostgresWork,
    name: &StoreName,
) -> Result<StoredStore, Error> {
    let stored = store::custom_stores::lock(work.transaction().await?, &kms.region, name).await?;
    let stored = stored.ok_or_else(|| CustomStoreError::NotFound(name.id.to_string()))?;
    kms.forget_after(work, Changed::Store(name.clone())).await?;
    Ok(stored)
}

/// A store's credential as it is stored: wrapped by the active domain key.
pub(super) fn wrap(
    kms: &Kms,
    name: &StoreName,
    credential: &SecretString,
) -> Result<WrappedCredential, Error> {
    let (domain_key, wrapping) = kms.domain_keys.active()?;
    let wrapped = store_credential::wrap(credential, name, &kms.region, &wrapping, &*kms.random)?;
    Ok(WrappedCredential { domain_key, wrapped })
}

/// What it means that a store could not be added or changed.
pub(super) fn refusal(error: keywright_store::StoreError) -> Error {
    match error.unique_violation() {
        Some("custom_key_stores_name") => CustomStoreError::NameInUse.into(),
        Some("custom_key_stores_cluster") => CustomStoreError::ClusterInUse.into(),
        Some("custom_key_stores_xks_uri") => CustomStoreError::UriInUse.into(),
        _ => error.into(),
    }
}

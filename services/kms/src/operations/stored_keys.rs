//! What CreateKey does for a key in a custom key store.

use std::sync::Arc;

use keywright_aws_api::Authorized;
use keywright_store::Transaction;

use super::create_key::CreateKey;
use super::key_access::requester;
use crate::custom_stores::{Backend, CustomStoreError, StoreEntry};
use crate::domain::custom_store::StoreName;
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, OriginType};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

/// Makes sure of what is behind a new key, before a transaction is begun: it may take its time.
pub(super) async fn prepare(
    kms: &Kms,
    request: &Authorized<'_, CreateKey>,
    key: &Key,
) -> Result<Option<Arc<StoreEntry>>, Error> {
    let Some(store) = kms.store_of(key).await? else { return Ok(None) };
    if !store.store.is_connected() {
        return Err(CustomStoreError::InvalidState(store.store.connection).into());
    }
    match &store.backend {
        Backend::CloudHsm(hsm) => {
            if key.origin != OriginType::AwsCloudHsm {
                return Err(Error::Invalid(OTHER_ORIGIN));
            }
            // Whatever comes between: what is in the token without a key is found by this note, and destroyed.
            let transaction = kms.store.begin().await?;
            kms.check_room_for_key(&transaction, key.account).await?;
            store::hsm_keys::note(&transaction, &row(kms, key), &store.store.name.id, NEW_KEY_SECONDS)
                .await?;
            transaction.commit().await.map_err(|error| Error::Commit(Box::new(error)))?;
            hsm.generate_key(key.id).await.map_err(CustomStoreError::Store)?;
        }
        Backend::External(proxy) => {
            let external = key.custom_store.as_ref().and_then(|store| store.xks_key_id.as_deref());
            let Some(external) = external.filter(|_| key.origin == OriginType::ExternalKeyStore) else {
                return Err(Error::Invalid(OTHER_ORIGIN));
            };
            let checked = proxy.check_key(external, &requester(request).metadata(None)).await;
            checked.map_err(CustomStoreError::NewKey)?;
        }
    }
    Ok(Some(store))
}

/// Keeps the store of a new key there, and connected, until the key is committed; what is in its token belongs to the key
/// from then on.
pub(super) async fn confirm(kms: &Kms, transaction: &Transaction, key: &Key) -> Result<(), Error> {
    let Some(at) = &key.custom_store else { return Ok(()) };
    let name = StoreName { account: key.account, id: at.store_id.clone() };
    let stored = store::custom_stores::share(transaction, &kms.region, &name).await?;
    let store = stored.ok_or_else(|| CustomStoreError::NotFound(at.store_id.to_string()))?.store;
    if !store.is_connected() {
        return Err(CustomStoreError::InvalidState(store.connection).into());
    }
    let is_in_token = key.origin == OriginType::AwsCloudHsm;
    if is_in_token && !store::hsm_keys::take_back(transaction, &row(kms, key)).await? {
        return Err(CustomStoreError::KeyTookTooLong.into());
    }
    Ok(())
}

/// What it means that a new key could not be added.
pub(super) fn refusal(error: Error) -> Error {
    match &error {
        Error::Store(cause) if cause.unique_violation() == Some("keys_xks_key") => {
            CustomStoreError::XksKeyInUse.into()
        }
        _ => error,
    }
}

fn row(kms: &Kms, key: &Key) -> KeyRow {
    KeyRow::new(&kms.region, KeyName { account: key.account, id: key.id })
}

const OTHER_ORIGIN: &str = "The Origin is not that of the custom key store";
/// For how long a key in a token may be one that is still being made: far longer than a request takes.
const NEW_KEY_SECONDS: f64 = 600.0;

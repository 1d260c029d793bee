//! What the operations that encrypt and decrypt share.

use std::sync::Arc;

use keywright_aws_api::Shown;
use keywright_aws_api::shape::Blob;
use keywright_crypto::{CryptoError, SecretBytes};

use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::ciphertext::Ciphertext;
use crate::domain::encryption_context::EncryptionContext;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::key_spec::KeySpec;
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::new_key::KeyToUse;
use crate::service::Kms;

/// Encrypts under the key's current material; gives the blob and the id of the material.
pub(crate) fn seal(
    kms: &Kms,
    entry: &KeyEntry,
    context: EncryptionContext<'_>,
    plaintext: &[u8],
) -> Result<(Blob, SharedText), Error> {
    let backing = entry.encrypting_key()?;
    let blob = backing.encrypt(entry.key.account, entry.key.id, context, plaintext, &*kms.random)?;
    Ok((blob.into(), SharedText(Arc::clone(backing.id_text()))))
}

/// Decrypts a blob of this key; gives the plaintext and the id of the material.
pub(crate) fn open(
    entry: &KeyEntry,
    ciphertext: &Ciphertext<'_>,
    context: EncryptionContext<'_>,
) -> Result<(SecretBytes, SharedText), Error> {
    let backing = entry.decrypting_key(ciphertext.header().material_id)?;
    let plaintext = backing.decrypt(ciphertext, context).map_err(|error| match error {
        CryptoError::NotAuthentic => Error::InvalidCiphertext,
        other => Error::Crypto(other),
    })?;
    Ok((plaintext, SharedText(Arc::clone(backing.id_text()))))
}

/// The key of a ciphertext; `identifier` is the key that the request expects, if it names one.
pub(crate) async fn key_of(
    kms: &Kms,
    account: keywright_aws_api::AccountId,
    ciphertext: &[u8],
    identifier: Option<&str>,
) -> Result<Arc<KeyEntry>, Error> {
    let expected = match identifier {
        Some(identifier) => Some(kms.directory.resolve(identifier, account).await?),
        None => None,
    };
    let header = *parse(ciphertext)?.header();
    let name = KeyName { account: header.account, id: header.key_id };
    match expected {
        Some(entry) if entry.name() == name => Ok(entry),
        Some(_) => Err(Error::IncorrectKey),
        None => kms
            .directory
            .key(name)
            .await
            .map_err(|error| if error.is_key_not_found() { Error::CiphertextKeyUnknown } else { error }),
    }
}

/// Reads a blob's form.
pub(crate) fn parse(ciphertext: &[u8]) -> Result<Ciphertext<'_>, Error> {
    Ciphertext::parse(ciphertext).ok_or(Error::InvalidCiphertext)
}

/// Refuses the algorithms that a symmetric key doesn't have.
pub(crate) fn check_algorithm(algorithm: Option<EncryptionAlgorithmSpec>) -> Result<(), Error> {
    match algorithm {
        None | Some(EncryptionAlgorithmSpec::SymmetricDefault) => Ok(()),
        Some(other) => Err(Error::InvalidKeyUsage {
            algorithm: other.as_str(),
            spec: KeySpec::SymmetricDefault.as_str(),
        }),
    }
}

/// Names the key that was, or was to be, used, and its material.
pub(crate) fn show_used<'a>(
    shown: &mut Shown<'a>,
    wanted: Option<&'a KeyToUse>,
    used: Option<(&'a KeyEntry, &'a SharedText)>,
) {
    if let Some((entry, material)) = used {
        shown.additional.push_str("keyMaterialId", material.as_str());
        shown.resource(entry.key.account.as_str(), KEY_RESOURCE, &entry.key.arn);
    } else if let Some(key) = wanted {
        shown.resource(key.account().as_str(), KEY_RESOURCE, key.arn());
    }
}

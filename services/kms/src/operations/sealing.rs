//! What the operations that encrypt and decrypt share.

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{AccountId, Shown};
use keywright_crypto::{CryptoError, SecretBytes};

use super::private_key;
use super::wire::SharedText;
use crate::custom_stores::{Backend, Requester};
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::backing_key::BackingKey;
use crate::domain::ciphertext::{BlobForm, Ciphertext};
use crate::domain::encryption_context::EncryptionContext;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::key_spec::KeyUsageType;
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::new_key::KeyToUse;
use crate::service::Kms;

/// How something is, or is to be, encrypted.
#[derive(Clone, Copy)]
pub(crate) struct Encryption<'a> {
    pub(crate) algorithm: EncryptionAlgorithmSpec,
    pub(crate) context: EncryptionContext<'a>,
}

/// A ciphertext as a request presents it.
pub(crate) struct Presented<'a> {
    /// None where a dry run ignores it.
    blob: Option<&'a [u8]>,
    /// The key that the request expects, if it names one.
    key_id: Option<&'a str>,
    encryption: Encryption<'a>,
}

/// What was encrypted, or the encrypted, with the id of a symmetric key's material.
pub(crate) struct WithMaterial<T> {
    pub(crate) value: T,
    pub(crate) key_material_id: Option<SharedText>,
}

impl<'a> Encryption<'a> {
    /// As a request names it.
    pub(crate) fn new(
        algorithm: Option<EncryptionAlgorithmSpec>,
        context: Option<&'a BTreeMap<String, String>>,
    ) -> Result<Self, Error> {
        let algorithm = algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        Ok(Self { algorithm, context: EncryptionContext::new(context)? })
    }

    /// Refuses a key that doesn't encrypt so, or not now.
    pub(crate) fn check(&self, operation: &'static str, entry: &KeyEntry) -> Result<(), Error> {
        let (key, algorithm) = (&entry.key, self.algorithm);
        key.check_usable_for(KeyUsageType::EncryptDecrypt, operation)?;
        key.spec.check_has(algorithm, algorithm.as_str(), key.spec.encryption_algorithms(key.usage))?;
        if algorithm.asymmetric().is_some() && self.context.pairs().next().is_some() {
            return Err(Error::Invalid(
                "EncryptionContext is supported with symmetric encryption KMS keys only",
            ));
        }
        Ok(())
    }

    /// Encrypts under the key's current material.
    pub(crate) async fn seal(
        &self,
        kms: &Kms,
        requester: Requester<'_>,
        entry: &KeyEntry,
        plaintext: &[u8],
    ) -> Result<WithMaterial<Blob>, Error> {
        let store = kms.reach(entry).await?;
        self.check(requester.operation, entry)?;
        let Some(asymmetric) = self.algorithm.asymmetric() else {
            let (context, random) = (self.context, &*kms.random);
            let (blob, backing) = match store.as_ref().map(|store| &store.backend) {
                // Its material has no id here.
                Some(Backend::CloudHsm(hsm)) => (hsm.seal(entry, context, plaintext).await?, None),
                Some(Backend::External(proxy)) => {
                    let backing = entry.encrypting_key()?;
                    (proxy.seal(requester, entry, context, plaintext, random).await?, Some(backing))
                }
                None => {
                    let (backing, account, id) = (entry.encrypting_key()?, entry.key.account, entry.key.id);
                    (backing.encrypt(account, id, context, plaintext, random)?, Some(backing))
                }
            };
            let key_material_id = backing.map(|backing| SharedText(Arc::clone(backing.id_text())));
            return Ok(WithMaterial { value: blob.into(), key_material_id });
        };
        let (algorithm, spec) = (self.algorithm, entry.key.spec);
        let max = algorithm.max_plaintext(spec);
        if plaintext.len() > max {
            let (algorithm, spec) = (algorithm.as_str(), spec.as_str());
            return Err(Error::PlaintextTooLong { algorithm, spec, max });
        }
        let public = entry.key_pair()?.public_key();
        let blob = public.encrypt(asymmetric, plaintext, &*kms.random)?;
        Ok(WithMaterial { value: blob.into(), key_material_id: None })
    }
}

impl<'a> Presented<'a> {
    /// A ciphertext, which may be missing only where it is `ignored`.
    pub(crate) fn new(
        blob: Option<&'a Blob>,
        ignored: bool,
        key_id: Option<&'a str>,
        encryption: Encryption<'a>,
    ) -> Result<Self, Error> {
        let blob = match blob {
            _ if ignored => None,
            Some(blob) => Some(blob.as_bytes()),
            None => return Err(Error::Invalid(NO_CIPHERTEXT)),
        };
        Ok(Self { blob, key_id, encryption })
    }

    /// The key of the ciphertext. That of an asymmetric key doesn't tell it.
    pub(crate) async fn key(&self, kms: &Kms, account: AccountId) -> Result<Arc<KeyEntry>, Error> {
        let expected = match self.key_id {
            Some(identifier) => Some(kms.directory.resolve(identifier, account).await?),
            None => None,
        };
        let (blob, expected) = match (self.blob, expected) {
            (None, Some(entry)) => return Ok(entry),
            (None, None) => {
                return Err(Error::Invalid("The key is required where the ciphertext is ignored"));
            }
            (Some(_), Some(entry)) if self.is_of_other_kind(&entry) => return Ok(entry),
            (Some(blob), expected) => (blob, expected),
        };
        let header = *self.parse(blob)?.header();
        let name = KeyName { account: header.account, id: header.key_id };
        match expected {
            Some(entry) if entry.name() == name => Ok(entry),
            Some(_) => Err(Error::IncorrectKey),
            None => {
                kms.directory.key(name).await.map_err(|error| {
                    if error.is_key_not_found() { Error::CiphertextKeyUnknown } else { error }
                })
            }
        }
    }

    /// Decrypts, where it isn't ignored.
    pub(crate) async fn open(
        &self,
        kms: &Kms,
        requester: Requester<'_>,
        entry: &Arc<KeyEntry>,
    ) -> Result<Option<WithMaterial<SecretBytes>>, Error> {
        let store = kms.reach(entry).await?;
        self.encryption.check(requester.operation, entry)?;
        let Some(blob) = self.blob else { return Ok(None) };
        if let Some(asymmetric) = self.encryption.algorithm.asymmetric() {
            let value = private_key::decrypt(entry, asymmetric, blob).await?;
            return Ok(Some(WithMaterial { value, key_material_id: None }));
        }
        let ciphertext = self.parse(blob)?;
        let context = self.encryption.context;
        let material = || entry.decrypting_key(ciphertext.header().material_id);
        let id_of = |backing: &BackingKey| Some(SharedText(Arc::clone(backing.id_text())));
        let (value, key_material_id) = match store.as_ref().map(|store| &store.backend) {
            Some(Backend::CloudHsm(hsm)) => (hsm.open(entry, context, &ciphertext).await?, None),
            Some(Backend::External(proxy)) => {
                let key_material_id = id_of(material()?);
                (proxy.open(requester, entry, context, &ciphertext).await?, key_material_id)
            }
            None => {
                let backing = material()?;
                (open_here(backing, context, &ciphertext)?, id_of(backing))
            }
        };
        Ok(Some(WithMaterial { value, key_material_id }))
    }

    /// Whether key or algorithm are of a kind that leaves nothing to be read in a ciphertext; whether they belong
    /// together shows later.
    fn is_of_other_kind(&self, entry: &KeyEntry) -> bool {
        !entry.key.spec.is_symmetric_encryption() || self.encryption.algorithm.asymmetric().is_some()
    }

    fn parse(&self, blob: &'a [u8]) -> Result<Ciphertext<'a>, Error> {
        match self.encryption.algorithm.asymmetric() {
            None => Ciphertext::parse(blob).ok_or(Error::InvalidCiphertext),
            Some(_) => Err(Error::InvalidCiphertext),
        }
    }
}

fn open_here(
    backing: &BackingKey,
    context: EncryptionContext<'_>,
    ciphertext: &Ciphertext<'_>,
) -> Result<SecretBytes, Error> {
    if ciphertext.header().form != BlobForm::Own {
        return Err(Error::InvalidCiphertext);
    }
    backing.decrypt(ciphertext, context).map_err(|error| match error {
        CryptoError::NotAuthentic => Error::InvalidCiphertext,
        other => Error::Crypto(other),
    })
}

/// Names the key that was, or was to be, used, and its material.
pub(crate) fn show_used<'a>(
    shown: &mut Shown<'a>,
    wanted: Option<&'a KeyToUse>,
    used: Option<(&'a KeyEntry, Option<&'a SharedText>)>,
) {
    if let Some((entry, material)) = used {
        shown.additional.push_opt_str("keyMaterialId", material.map(SharedText::as_str));
        shown.resource(entry.key.account.as_str(), KEY_RESOURCE, &entry.key.arn);
    } else if let Some(key) = wanted {
        shown.resource(key.account().as_str(), KEY_RESOURCE, key.arn());
    }
}

const NO_CIPHERTEXT: &str = "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";

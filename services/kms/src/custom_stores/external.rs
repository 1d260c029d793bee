//! Encryption under keys in external key stores: first by the key's own material, then by the external key.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html#concept-double-encryption>

use keywright_aws_api::Call;
use keywright_crypto::{CryptoError, Random, SecretBytes, sha256};

use super::error::CustomStoreError;
use crate::domain::ciphertext::{BlobForm, Ciphertext, HEADER_LEN, associated_data};
use crate::domain::encryption_context::EncryptionContext;
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::xks::{RequestMetadata, Sealed, XksError, XksProxy};

/// For whom, and for which operation, a proxy is asked.
#[derive(Clone, Copy)]
pub struct Requester<'a> {
    /// The request to KMS.
    pub call: &'a Call,
    /// Its operation.
    pub operation: &'static str,
}

impl<'a> Requester<'a> {
    /// What a proxy is told of the request.
    #[must_use]
    pub fn metadata(&self, key_arn: Option<&'a str>) -> RequestMetadata<'a> {
        let via = self.call.invoked_by();
        RequestMetadata {
            aws_principal_arn: Some(&self.call.caller.principal.arn),
            kms_key_arn: key_arn,
            kms_operation: self.operation,
            kms_request_id: self.call.request_id.to_string(),
            kms_via_service: via.map(|service| service.strip_suffix(".amazonaws.com").unwrap_or(service)),
        }
    }

    /// What a proxy is told when its health is asked for.
    #[must_use]
    pub fn health_metadata(&self) -> RequestMetadata<'a> {
        health_metadata(self.operation, self.call.request_id.to_string())
    }
}

/// What a proxy is told when its health is asked for in `operation`.
pub(super) fn health_metadata(operation: &str, kms_request_id: String) -> RequestMetadata<'_> {
    RequestMetadata {
        aws_principal_arn: None,
        kms_key_arn: None,
        kms_operation: operation,
        kms_request_id,
        kms_via_service: None,
    }
}

impl XksProxy {
    /// Encrypts under the current material of a key, and that under its external key; gives the blob.
    ///
    /// # Errors
    /// As [`KeyEntry::encrypting_key`], and [`CustomStoreError::Use`].
    pub(crate) async fn seal(
        &self,
        requester: Requester<'_>,
        entry: &KeyEntry,
        context: EncryptionContext<'_>,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, Error> {
        let (backing, of) = (entry.encrypting_key()?, (entry.key.account, entry.key.id));
        let inner = backing.encrypt_as(BlobForm::External, of, context, plaintext, random)?;
        let (header, inner) = inner.split_at_checked(HEADER_LEN).ok_or(Error::InvalidCiphertext)?;
        let bound_to = sha256(&associated_data(header, context));
        let metadata = requester.metadata(Some(&entry.key.arn));
        let outer = self.encrypt(external_key(entry)?, &metadata, &bound_to, inner).await;
        let mut blob = header.to_vec();
        outer.map_err(CustomStoreError::Use)?.append(&mut blob);
        Ok(blob)
    }

    /// Decrypts what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// As [`KeyEntry::decrypting_key`], and [`CustomStoreError::Use`]; [`Error::InvalidCiphertext`] for another form.
    pub(crate) async fn open(
        &self,
        requester: Requester<'_>,
        entry: &KeyEntry,
        context: EncryptionContext<'_>,
        ciphertext: &Ciphertext<'_>,
    ) -> Result<SecretBytes, Error> {
        let backing = entry.decrypting_key(ciphertext.header().material_id)?;
        if ciphertext.header().form != BlobForm::External {
            return Err(Error::InvalidCiphertext);
        }
        let outer = Sealed::parse(ciphertext.sealed()).ok_or(Error::InvalidCiphertext)?;
        let bound_to = sha256(&ciphertext.associated_data(context));
        let metadata = requester.metadata(Some(&entry.key.arn));
        let inner = self.decrypt(external_key(entry)?, &metadata, &bound_to, &outer).await;
        let inner = [ciphertext.header_bytes(), &inner.map_err(CustomStoreError::Use)?].concat();
        let inner = Ciphertext::parse(&inner).ok_or(Error::InvalidCiphertext)?;
        backing.decrypt(&inner, context).map_err(|error| match error {
            CryptoError::NotAuthentic => {
                CustomStoreError::Use(XksError::Malformed("not what was encrypted")).into()
            }
            other => Error::Crypto(other),
        })
    }
}

fn external_key(entry: &KeyEntry) -> Result<&str, Error> {
    let store = entry.key.custom_store.as_ref();
    store.and_then(|store| store.xks_key_id.as_deref()).ok_or(Error::Corrupt("xks_key_id"))
}

//! A root key in this process's memory.

use std::fmt;
use std::sync::Arc;

use keywright_crypto::{
    Aes256Gcm, CryptoError, Key256, Random, RandomExt as _, SecretBytes, hkdf_sha256, hkdf_sha256_key,
};

use crate::wrapped::header;
use crate::{RootKey, RootKeyError, RootKeyId, WrappedKey};

/// Wraps with AES-256-GCM. The root key itself only derives: once here, and then it is gone from memory.
///
/// Nonces are random, which is sound for 2^32 wraps. What is wrapped is a domain key here and there.
pub(crate) struct SoftwareRootKey {
    id: RootKeyId,
    wrapping: Aes256Gcm,
    random: Arc<dyn Random>,
}

impl SoftwareRootKey {
    pub(crate) fn new(root: &Key256, random: Arc<dyn Random>) -> Result<Self, CryptoError> {
        let mut id = [0; RootKeyId::LEN];
        hkdf_sha256(root.expose_secret(), &[], ID_INFO, &mut id)?;
        let wrapping = Aes256Gcm::new(&hkdf_sha256_key(root.expose_secret(), &[], WRAPPING_INFO)?);
        Ok(Self { id: RootKeyId::from_bytes(id), wrapping, random })
    }

    /// The purpose comes last: what stands before it has a fixed length, so no two purposes give the same bytes.
    fn associated_data(&self, purpose: &[u8]) -> Vec<u8> {
        [header(&self.id).as_slice(), purpose].concat()
    }
}

impl RootKey for SoftwareRootKey {
    fn id(&self) -> &RootKeyId {
        &self.id
    }

    fn wrap(&self, purpose: &[u8], key: &SecretBytes) -> Result<WrappedKey, RootKeyError> {
        let nonce = self.random.bytes()?;
        let aad = self.associated_data(purpose);
        let seal = |out: &mut Vec<u8>| self.wrapping.seal(nonce, &aad, key.expose_secret(), out);
        Ok(WrappedKey::build(self.id, nonce, key.len(), seal)?)
    }

    fn unwrap_key(&self, purpose: &[u8], wrapped: &WrappedKey) -> Result<SecretBytes, RootKeyError> {
        if *wrapped.root_key_id() != self.id {
            return Err(RootKeyError::OtherRootKey { wrapped_by: *wrapped.root_key_id(), this: self.id });
        }
        let (nonce, ciphertext_and_tag) = wrapped.sealed().ok_or(RootKeyError::MalformedWrappedKey)?;
        self.wrapping.open(nonce, &self.associated_data(purpose), ciphertext_and_tag).map_err(|error| {
            match error {
                CryptoError::NotAuthentic => RootKeyError::NotAuthentic,
                other => RootKeyError::Crypto(other),
            }
        })
    }
}

impl fmt::Debug for SoftwareRootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareRootKey({})", self.id)
    }
}

const ID_INFO: &[u8] = b"keywright root key v1: id";
const WRAPPING_INFO: &[u8] = b"keywright root key v1: wrapping key";

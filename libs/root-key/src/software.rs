//! A root key in this process's memory.

use std::fmt;
use std::sync::Arc;

use keywright_crypto::{
    Aes256Gcm, CryptoError, Key256, Random, RandomExt as _, SecretBytes, hkdf_sha256, hkdf_sha256_key,
};

use crate::wrapped::{IN_MEMORY, header};
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
        [header(IN_MEMORY, &self.id).as_slice(), purpose].concat()
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.fill(self.0);
            Ok(())
        }
    }

    struct Broken;

    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), CryptoError> {
            Err(CryptoError::RandomUnavailable)
        }
    }

    fn root_key(random: impl Random + 'static) -> SoftwareRootKey {
        SoftwareRootKey::new(&Key256::from_bytes([0x42; 32]), Arc::new(random)).unwrap()
    }

    /// What is stored today must be readable for ever: computed by OpenSSL's HKDF and AES-256-GCM (through the Python
    /// package cryptography) from the formats that this crate documents.
    #[test]
    fn a_key_wrapped_by_an_independent_implementation_unwraps() {
        let stored = hex::decode(WRAPPED).unwrap();
        let root_key = root_key(Fixed(9));
        assert_eq!(root_key.id().to_string(), ID);
        let wrapped = WrappedKey::from_bytes(stored.clone()).unwrap();
        assert_eq!(root_key.unwrap_key(b"kms domain key", &wrapped).unwrap().expose_secret(), [0x11; 32]);
        let again = root_key.wrap(b"kms domain key", &SecretBytes::new(vec![0x11; 32])).unwrap();
        assert_eq!(again.as_bytes(), stored);
    }

    #[test]
    fn without_randomness_nothing_is_wrapped() {
        let refusal = root_key(Broken).wrap(b"purpose", &SecretBytes::new(vec![1; 32])).unwrap_err();
        assert!(matches!(refusal, RootKeyError::Crypto(CryptoError::RandomUnavailable)), "{refusal:?}");
    }

    #[test]
    fn debug_shows_the_id_only() {
        assert_eq!(format!("{:?}", root_key(Fixed(9))), format!("SoftwareRootKey({ID})"));
    }

    const ID: &str = "4ed2c56de937cfd6de787093e48b7102";
    const WRAPPED: &str = "014ed2c56de937cfd6de787093e48b7102090909090909090909090909021ab1a0d38dfd1c78a052\
                           4a46167ab38d73cad54bae032e1b59a6248bdc9d1a86cbb3e695228f40bcceccd037457d57";
}

//! Backing keys: the key materials that do a symmetric key's work, and the form in which they are stored.
//!
//! Stored, a material is `version (1) || nonce (12) || ciphertext || tag (16)`: AES-256-GCM under a domain key, with
//! the account, Region, key and material id as associated data, so that no row can stand in for another.

use std::fmt;
use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::{
    Aes256Gcm, CryptoError, HmacSha256Key, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
    kbkdf_ctr_hmac_sha256,
};

use super::ciphertext::{Ciphertext, HEADER_LEN, Header, MESSAGE_KEY_LABEL, SALT_LEN, associated_data};
use super::encryption_context::EncryptionContext;
use super::key_id::{KeyId, KeyMaterialId};

/// Whose material it is.
#[derive(Clone, Copy, Debug)]
pub struct MaterialOwner<'a> {
    /// The key's account.
    pub account: AccountId,
    /// The Region in which this copy is stored.
    pub region: &'a Region,
    /// The key.
    pub key_id: KeyId,
}

/// Plaintext material of a symmetric key. The bytes are kept, not an expanded key: only they are erased on drop.
pub struct BackingKey {
    id: KeyMaterialId,
    id_text: Arc<str>,
    secret: Key256,
}

impl BackingKey {
    /// Fresh material for a key.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(key_id: KeyId, random: &dyn Random) -> Result<Self, CryptoError> {
        Ok(Self::of(key_id, Key256::generate(random)?))
    }

    fn of(key_id: KeyId, secret: Key256) -> Self {
        let id = material_id(key_id, secret.expose_secret());
        Self { id, id_text: id.to_string().into(), secret }
    }

    /// Its public id, which follows from the material and the key.
    #[must_use]
    pub fn id(&self) -> KeyMaterialId {
        self.id
    }

    /// The id as text, shared.
    #[must_use]
    pub fn id_text(&self) -> &Arc<str> {
        &self.id_text
    }

    /// Encrypts a message of the key `key_id` of `account`; gives the ciphertext blob.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn encrypt(
        &self,
        account: AccountId,
        key_id: KeyId,
        context: EncryptionContext<'_>,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let drawn: [u8; SALT_LEN + NONCE_LEN] = random.bytes()?;
        let (mut salt, mut nonce) = ([0; SALT_LEN], [0; NONCE_LEN]);
        let (for_salt, for_nonce) = drawn.split_at(SALT_LEN);
        salt.copy_from_slice(for_salt);
        nonce.copy_from_slice(for_nonce);

        let mut blob = Vec::with_capacity(HEADER_LEN + plaintext.len() + TAG_LEN);
        Header { account, key_id, material_id: self.id, salt, nonce }.append(&mut blob);
        let aad = associated_data(&blob, context);
        self.message_cipher(&salt).seal(nonce, &aad, plaintext, &mut blob)?;
        Ok(blob)
    }

    /// Verifies and decrypts a blob which names this material.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for a blob that was changed, or another context.
    pub fn decrypt(
        &self,
        ciphertext: &Ciphertext<'_>,
        context: EncryptionContext<'_>,
    ) -> Result<SecretBytes, CryptoError> {
        let Header { salt, nonce, .. } = ciphertext.header();
        self.message_cipher(salt).open(*nonce, &ciphertext.associated_data(context), ciphertext.sealed())
    }

    /// Wraps the material for storage.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn wrap(
        &self,
        owner: MaterialOwner<'_>,
        domain_key: &Key256,
        random: &dyn Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce: [u8; NONCE_LEN] = random.bytes()?;
        let mut wrapped = Vec::with_capacity(1 + NONCE_LEN + Key256::LEN + TAG_LEN);
        wrapped.push(WRAPPED_VERSION);
        wrapped.extend_from_slice(&nonce);
        let aad = wrapped_associated_data(owner, self.id);
        Aes256Gcm::new(domain_key).seal(nonce, &aad, self.secret.expose_secret(), &mut wrapped)?;
        Ok(wrapped)
    }

    /// Unwraps stored material, and proves that it is the one with this id.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when it was altered, or is another key's, or another domain key's.
    pub fn unwrap(
        owner: MaterialOwner<'_>,
        id: KeyMaterialId,
        wrapped: &[u8],
        domain_key: &Key256,
    ) -> Result<Self, CryptoError> {
        let Some((&WRAPPED_VERSION, rest)) = wrapped.split_first() else {
            return Err(CryptoError::NotAuthentic);
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
        let aad = wrapped_associated_data(owner, id);
        let secret = Aes256Gcm::new(domain_key).open(*nonce, &aad, sealed)?;
        let key = Self::of(owner.key_id, Key256::try_from_slice(secret.expose_secret())?);
        if key.id == id { Ok(key) } else { Err(CryptoError::NotAuthentic) }
    }

    fn message_cipher(&self, salt: &[u8; SALT_LEN]) -> Aes256Gcm {
        let derivation = HmacSha256Key::new(self.secret.expose_secret());
        Aes256Gcm::new(&kbkdf_ctr_hmac_sha256(&derivation, MESSAGE_KEY_LABEL, salt))
    }
}

impl fmt::Debug for BackingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackingKey({})", self.id)
    }
}

/// The id of material: the same material in the same key has the same id, and no one finds the material by it.
fn material_id(key_id: KeyId, secret: &[u8]) -> KeyMaterialId {
    let derivation = HmacSha256Key::new(secret);
    let id = kbkdf_ctr_hmac_sha256(&derivation, MATERIAL_ID_LABEL, key_id.uuid().as_bytes());
    KeyMaterialId::from_bytes(*id.expose_secret())
}

/// Every part but the last has a fixed length or its length before it, so that no two owners give the same bytes.
fn wrapped_associated_data(owner: MaterialOwner<'_>, id: KeyMaterialId) -> Vec<u8> {
    let mut data = Vec::with_capacity(WRAPPED_LABEL.len() + 128);
    data.extend_from_slice(WRAPPED_LABEL);
    data.push(WRAPPED_VERSION);
    data.extend_from_slice(owner.account.as_str().as_bytes());
    data.extend_from_slice(owner.key_id.uuid().as_bytes());
    data.push(u8::from(owner.key_id.is_multi_region()));
    data.extend_from_slice(id.as_bytes());
    data.extend_from_slice(owner.region.as_str().as_bytes());
    data
}

const WRAPPED_VERSION: u8 = 1;
const WRAPPED_LABEL: &[u8] = b"keywright kms key material";
const MATERIAL_ID_LABEL: &[u8] = b"keywright kms key material id v1";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use keywright_crypto::SystemRandom;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn account() -> AccountId {
        AccountId::parse("000000000000").unwrap()
    }

    fn key_id(seed: u8) -> KeyId {
        KeyId::single_region(Uuid::from_bytes([seed; 16]))
    }

    fn key() -> BackingKey {
        BackingKey::of(key_id(1), Key256::from_bytes([3; 32]))
    }

    fn context(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn encrypt(pairs: &BTreeMap<String, String>, plaintext: &[u8]) -> Vec<u8> {
        let context = EncryptionContext::new(Some(pairs)).unwrap();
        key().encrypt(account(), key_id(1), context, plaintext, &SystemRandom).unwrap()
    }

    fn decrypt(blob: &[u8], pairs: &BTreeMap<String, String>) -> Option<Vec<u8>> {
        let ciphertext = Ciphertext::parse(blob)?;
        let context = EncryptionContext::new(Some(pairs)).unwrap();
        key().decrypt(&ciphertext, context).ok().map(|secret| secret.expose_secret().to_vec())
    }

    #[test]
    fn what_is_encrypted_twice_differs_and_decrypts_alike() {
        let pairs = context(&[("app", "x")]);
        let (first, second) = (encrypt(&pairs, b"attack at dawn"), encrypt(&pairs, b"attack at dawn"));
        assert_ne!(first[58..], second[58..]);
        assert_eq!(decrypt(&first, &pairs).unwrap(), b"attack at dawn");
        assert_eq!(decrypt(&second, &pairs).unwrap(), b"attack at dawn");
    }

    #[test]
    fn another_context_is_refused() {
        let blob = encrypt(&context(&[("app", "x")]), b"secret");
        for other in [context(&[]), context(&[("app", "X")]), context(&[("app", "x"), ("a", "")])] {
            assert_eq!(decrypt(&blob, &other), None);
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let pairs = context(&[("a", "1"), ("b", "2")]);
        let blob = encrypt(&pairs, b"0123456789abcdef");
        for bit in 0..blob.len() * 8 {
            let mut damaged = blob.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decrypt(&damaged, &pairs), None, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn every_message_returns_only_under_its_context(
            plaintext in proptest::collection::vec(any::<u8>(), 1..200),
            pairs in proptest::collection::btree_map(".{0,6}", ".{0,6}", 0..4),
            other in proptest::collection::btree_map(".{0,6}", ".{0,6}", 0..4),
        ) {
            let blob = encrypt(&pairs, &plaintext);
            prop_assert_eq!(blob.len(), HEADER_LEN + plaintext.len() + TAG_LEN);
            prop_assert_eq!(decrypt(&blob, &pairs), Some(plaintext));
            prop_assert_eq!(decrypt(&blob, &other).is_some(), pairs == other);
        }

        #[test]
        fn no_bytes_make_the_parser_fail(blob in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decrypt(&blob, &BTreeMap::new()).is_none());
        }
    }

    #[test]
    fn stored_material_returns_only_for_its_owner_under_its_domain_key() {
        let (region, other_region) =
            (Region::parse("us-east-1").unwrap(), Region::parse("eu-west-1").unwrap());
        let owner = MaterialOwner { account: account(), region: &region, key_id: key_id(1) };
        let (domain_key, other_key) = (Key256::from_bytes([8; 32]), Key256::from_bytes([9; 32]));
        let wrapped = key().wrap(owner, &domain_key, &SystemRandom).unwrap();
        let id = key().id();
        assert_eq!(BackingKey::unwrap(owner, id, &wrapped, &domain_key).unwrap().id(), id);

        let others = [
            MaterialOwner { account: AccountId::parse("000000000001").unwrap(), ..owner },
            MaterialOwner { region: &other_region, ..owner },
            MaterialOwner { key_id: key_id(2), ..owner },
            MaterialOwner { key_id: KeyId::from_parts(Uuid::from_bytes([1; 16]), true), ..owner },
        ];
        for other in others {
            assert!(BackingKey::unwrap(other, id, &wrapped, &domain_key).is_err(), "{other:?}");
        }
        assert!(BackingKey::unwrap(owner, id, &wrapped, &other_key).is_err());
        assert!(
            BackingKey::unwrap(owner, KeyMaterialId::from_bytes([0; 32]), &wrapped, &domain_key).is_err()
        );
        for bit in 0..wrapped.len() * 8 {
            let mut damaged = wrapped.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(BackingKey::unwrap(owner, id, &damaged, &domain_key).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_material_id_tells_materials_and_keys_apart_and_is_stable() {
        let of = |seed, secret| BackingKey::of(key_id(seed), Key256::from_bytes([secret; 32])).id();
        assert_eq!(of(1, 3), key().id());
        assert_ne!(of(1, 4), key().id());
        assert_ne!(of(2, 3), key().id());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let shown = format!("{:?}", key());
        assert!(!shown.contains("0303") && !shown.contains("3, 3"), "{shown}");
    }
}

//! Backing keys: the key materials that do a symmetric key's work.

use std::fmt;
use std::sync::Arc;

use keywright_aws_api::AccountId;
use keywright_crypto::{
    Aes256Gcm, CryptoError, HmacSha256Key, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
    kbkdf_ctr_hmac_sha256,
};

use super::ciphertext::{
    BlobForm, Ciphertext, HEADER_LEN, Header, MESSAGE_KEY_LABEL, SALT_LEN, associated_data,
};
use super::encryption_context::EncryptionContext;
use super::key_id::{KeyId, KeyMaterialId};
use super::material::KeyMaterial;

/// Plaintext material of a symmetric key. The bytes are kept, not an expanded key: only they are erased on drop.
pub struct BackingKey {
    id: KeyMaterialId,
    id_text: Arc<str>,
    secret: Key256,
}

impl BackingKey {
    /// The backing key that a material is.
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`] for material of another kind of key.
    pub fn new(material: &KeyMaterial) -> Result<Self, CryptoError> {
        let secret = Key256::try_from_slice(material.secret().expose_secret())?;
        Ok(Self { id: material.id(), id_text: material.id().to_string().into(), secret })
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
        self.encrypt_as(BlobForm::Own, (account, key_id), context, plaintext, random)
    }

    /// The same in another form.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn encrypt_as(
        &self,
        form: BlobForm,
        (account, key_id): (AccountId, KeyId),
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
        Header { form, account, key_id, material_id: self.id, salt, nonce }.append(&mut blob);
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
        BackingKey::new(&KeyMaterial::new(key_id(1), SecretBytes::new(vec![3; 32]))).unwrap()
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
    fn debug_output_shows_no_secret() {
        let shown = format!("{:?}", key());
        assert!(!shown.contains("0303") && !shown.contains("3, 3"), "{shown}");
    }
}

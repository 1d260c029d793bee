//! Wrapping by an AES key that the caller has.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/raw-aes-keyring.md>

use std::fmt;
use std::future::ready;

use keywright_crypto::{AesGcm, NONCE_LEN, RandomExt as _, SecretBytes, SystemRandom, TAG_LEN};

use super::{Keyring, check_namespace, decrypt_first};
use crate::error::Error;
use crate::message::wire::Cursor;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// Wraps data keys with AES-GCM under a key of 128, 192 or 256 bits.
pub struct RawAesKeyring {
    namespace: String,
    name: Vec<u8>,
    wrapping: AesGcm,
}

impl RawAesKeyring {
    /// `namespace` and `name` stand for the key in messages: whoever decrypts must call it the same.
    ///
    /// # Errors
    /// [`Error::Crypto`] for a key of another length, [`Error::Configuration`] for a namespace of KMS's.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<Vec<u8>>,
        wrapping_key: &SecretBytes,
    ) -> Result<Self, Error> {
        let namespace = namespace.into();
        check_namespace(&namespace)?;
        let wrapping = AesGcm::new(wrapping_key.expose_secret())?;
        Ok(Self { namespace, name: name.into(), wrapping })
    }

    fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let aad = materials.context().serialize()?;
        let mut ciphertext = materials.data_key_or_new(&SystemRandom)?.expose_secret().to_vec();
        let iv: [u8; NONCE_LEN] = SystemRandom.bytes()?;
        let tag = self.wrapping.seal_in_place(iv, &aad, &mut ciphertext)?;
        ciphertext.extend_from_slice(&tag);
        let provider_info = [self.name.as_slice(), &TAG_BITS, &IV_BYTES, &iv].concat();
        let provider_id = self.namespace.clone();
        materials.add_encrypted_data_key(EncryptedDataKey { provider_id, provider_info, ciphertext });
        Ok(())
    }

    /// The IV, if the data key was wrapped by this key.
    fn iv_of(&self, encrypted: &EncryptedDataKey) -> Option<[u8; NONCE_LEN]> {
        if encrypted.provider_id != self.namespace {
            return None;
        }
        let mut cursor = Cursor::new(encrypted.provider_info.strip_prefix(self.name.as_slice())?);
        let lengths = (cursor.array().ok()?, cursor.array().ok()?);
        let iv = cursor.array().ok()?;
        (lengths == (TAG_BITS, IV_BYTES) && cursor.is_at_end()).then_some(iv)
    }

    fn unwrap(&self, aad: &[u8], iv: [u8; NONCE_LEN], ciphertext: &[u8]) -> Result<SecretBytes, Error> {
        let (wrapped, tag) =
            ciphertext.split_last_chunk::<TAG_LEN>().ok_or(keywright_crypto::CryptoError::NotAuthentic)?;
        let mut data_key = wrapped.to_vec();
        self.wrapping.open_in_place(iv, aad, &mut data_key, tag)?;
        Ok(SecretBytes::new(data_key))
    }
}

impl Keyring for RawAesKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(self.encrypt(materials)))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(materials.context().serialize().and_then(|aad| {
            decrypt_first(materials, data_keys, |_, encrypted| {
                let iv = self.iv_of(encrypted)?;
                Some(self.unwrap(&aad, iv, &encrypted.ciphertext))
            })
        })))
    }
}

impl fmt::Debug for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAesKeyring({:?}, {:?}, redacted)", self.namespace, self.name.escape_ascii().to_string())
    }
}

const TAG_BITS: [u8; 4] = 128_u32.to_be_bytes();
const IV_BYTES: [u8; 4] = 12_u32.to_be_bytes();

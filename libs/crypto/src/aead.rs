//! AES-256-GCM (NIST SP 800-38D) with nonces of 96 bits and tags of 128.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize as _;

use crate::{CryptoError, Key256, SecretBytes};

/// The length of a nonce, in bytes.
pub const NONCE_LEN: usize = 12;
/// The length of the tag behind every ciphertext, in bytes.
pub const TAG_LEN: usize = 16;

/// A key for AES-256-GCM, expanded once. The caller answers for nonces: never two messages under one, and at most
/// 2^32 messages per key where they are random.
pub struct Aes256Gcm(LessSafeKey);

impl Aes256Gcm {
    /// Expands `key`.
    pub fn new(key: &Key256) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "only a wrong length is refused, and the type has the right one"
        )]
        let key = UnboundKey::new(&AES_256_GCM, key.expose_secret()).expect("a 256-bit key");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts `plaintext`, authenticates it with `aad`, and appends ciphertext and tag to `out`, which grows by
    /// `plaintext.len() + TAG_LEN`. Reserve that (and room for what follows) to allocate nothing here.
    ///
    /// # Errors
    /// [`CryptoError::MessageTooLong`] near 64 GiB; `out` is then as it was.
    pub fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoError> {
        let start = out.len();
        out.reserve(plaintext.len() + TAG_LEN);
        out.extend_from_slice(plaintext);
        let (_, message) = out.split_at_mut(start);
        let nonce = Nonce::assume_unique_for_key(nonce);
        match self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), message) {
            Ok(tag) => {
                out.extend_from_slice(tag.as_ref());
                Ok(())
            }
            Err(ring::error::Unspecified) => {
                message.zeroize();
                out.truncate(start);
                Err(CryptoError::MessageTooLong { bytes: plaintext.len() })
            }
        }
    }

    /// Verifies and decrypts what [`seal`](Self::seal) appended.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when key, nonce, associated data, ciphertext or tag differ, or the input is
    /// shorter than a tag.
    pub fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        ciphertext_and_tag: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let mut buffer = ciphertext_and_tag.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(aad), &mut buffer);
        let plaintext_len = opened.map_err(|_| CryptoError::NotAuthentic)?.len();
        buffer.truncate(plaintext_len);
        Ok(SecretBytes::new(buffer))
    }
}

impl fmt::Debug for Aes256Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aes256Gcm(redacted)")
    }
}

//! AES-GCM (NIST SP 800-38D) with keys of 128, 192 and 256 bits, for formats whose suites have all three: in place, or
//! from one buffer into another, and with the tag apart. [`Aes256Gcm`](crate::Aes256Gcm) is for what is our own.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize as _;

use crate::{CryptoError, NONCE_LEN, TAG_LEN};

/// A key for AES-GCM, expanded once. The caller answers for nonces: never two messages under one.
pub struct AesGcm(LessSafeKey);

impl AesGcm {
    /// Expands `key`, whose length chooses the cipher.
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`] when it has not 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let wrong_length = CryptoError::KeyLength { expected: 32, actual: key.len() };
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return Err(wrong_length),
        };
        UnboundKey::new(algorithm, key).map(|key| Self(LessSafeKey::new(key))).map_err(|_| wrong_length)
    }

    /// Encrypts `message` where it is, and authenticates it with `aad`: the tag.
    ///
    /// # Errors
    /// [`CryptoError::MessageTooLong`] near 64 GiB; the message is erased then.
    pub fn seal_in_place(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        message: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let Ok(tag) = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), message) else {
            message.zeroize();
            return Err(CryptoError::MessageTooLong { bytes: message.len() });
        };
        tag.as_ref().try_into().map_err(|_| CryptoError::Library)
    }

    /// [`seal_in_place`](Self::seal_in_place) from `plaintext` into `ciphertext`, which are equally long.
    ///
    /// # Errors
    /// [`CryptoError::MessageTooLong`] near 64 GiB, or when the lengths differ; nothing of `ciphertext` may be used then.
    pub fn seal_into(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        let too_long = CryptoError::MessageTooLong { bytes: plaintext.len() };
        if plaintext.len() != ciphertext.len() {
            return Err(too_long);
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        let mut tag = [0; TAG_LEN];
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], &mut tag)
            .map(|()| tag)
            .map_err(|_| too_long)
    }

    /// Verifies and decrypts `message` where it is.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when key, nonce, associated data, ciphertext or tag differ; the message is erased
    /// then.
    pub fn open_in_place(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        message: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), CryptoError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        if self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, message).is_err() {
            message.zeroize();
            return Err(CryptoError::NotAuthentic);
        }
        Ok(())
    }
}

impl fmt::Debug for AesGcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesGcm(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_ways_are_the_same_cipher() {
        for len in [16, 24, 32] {
            let cipher = AesGcm::new(&vec![7; len]).unwrap();
            let mut message = *b"plaintext";
            let tag = cipher.seal_in_place([1; 12], b"aad", &mut message).unwrap();
            let mut apart = [0; 9];
            assert_eq!(cipher.seal_into([1; 12], b"aad", b"plaintext", &mut apart).unwrap(), tag);
            assert_eq!(apart, message);

            cipher.open_in_place([1; 12], b"aad", &mut message, &tag).unwrap();
            assert_eq!(&message, b"plaintext");
        }
    }

    #[test]
    fn what_does_not_authenticate_leaves_nothing_behind() {
        let cipher = AesGcm::new(&[7; 24]).unwrap();
        let mut sealed = *b"plaintext";
        let tag = cipher.seal_in_place([1; 12], b"aad", &mut sealed).unwrap();
        for bit in 0..(sealed.len() + TAG_LEN) * 8 {
            let (mut changed, mut changed_tag) = (sealed, tag);
            match changed.get_mut(bit / 8) {
                Some(byte) => *byte ^= 1 << (bit % 8),
                None => changed_tag[bit / 8 - 9] ^= 1 << (bit % 8),
            }
            let opened = cipher.open_in_place([1; 12], b"aad", &mut changed, &changed_tag);
            assert_eq!((opened, changed), (Err(CryptoError::NotAuthentic), [0; 9]), "bit {bit}");
        }
        assert!(cipher.seal_into([1; 12], b"aad", b"plaintext", &mut [0; 8]).is_err());
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for actual in [0, 15, 17, 31, 33] {
            let refused = AesGcm::new(&vec![0; actual]).unwrap_err();
            assert_eq!(refused, CryptoError::KeyLength { expected: 32, actual });
        }
        assert_eq!(format!("{:?}", AesGcm::new(&[0; 16]).unwrap()), "AesGcm(redacted)");
    }
}

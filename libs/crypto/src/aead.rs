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

#[cfg(test)]
mod tests {
    use super::*;

    struct Vector {
        key: &'static str,
        nonce: &'static str,
        aad: &'static str,
        plaintext: &'static str,
        sealed: &'static str,
    }

    /// Test cases 13 to 16 of the GCM specification that was submitted to NIST.
    const VECTORS: [Vector; 4] = [
        Vector {
            key: ZERO_KEY,
            nonce: ZERO_NONCE,
            aad: "",
            plaintext: "",
            sealed: "530f8afbc74536b9a963b4f1c4cb738b",
        },
        Vector {
            key: ZERO_KEY,
            nonce: ZERO_NONCE,
            aad: "",
            plaintext: "00000000000000000000000000000000",
            sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        },
        Vector {
            key: KEY,
            nonce: NONCE,
            aad: "",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad\
                     b094dac5d93471bdec1a502270e3cc6c",
        },
        Vector {
            key: KEY,
            nonce: NONCE,
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                     76fc6ece0f4e1768cddf8853bb2d551b",
        },
    ];
    const ZERO_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    const ZERO_NONCE: &str = "000000000000000000000000";
    const KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const NONCE: &str = "cafebabefacedbaddecaf888";

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    fn cipher(key: &str) -> Aes256Gcm {
        Aes256Gcm::new(&Key256::try_from_slice(&unhex(key)).unwrap())
    }

    #[test]
    fn sealing_and_opening_match_the_published_vectors() {
        for Vector { key, nonce, aad, plaintext, sealed } in VECTORS {
            let cipher = cipher(key);
            let nonce = unhex(nonce).try_into().unwrap();
            let mut out = Vec::new();
            cipher.seal(nonce, &unhex(aad), &unhex(plaintext), &mut out).unwrap();
            assert_eq!(hex::encode(&out), sealed);
            let opened = cipher.open(nonce, &unhex(aad), &out).unwrap();
            assert_eq!(hex::encode(opened.expose_secret()), plaintext);
        }
    }

    #[test]
    fn sealing_appends_within_the_reserved_room() {
        let mut out = Vec::with_capacity(3 + 5 + TAG_LEN);
        out.extend_from_slice(b"abc");
        let room = out.as_ptr();
        cipher(KEY).seal([7; 12], b"aad", b"hello", &mut out).unwrap();
        assert_eq!((out.len(), out.as_ptr()), (3 + 5 + TAG_LEN, room));
        let (head, sealed) = out.split_at(3);
        assert_eq!(head, b"abc");
        let opened = cipher(KEY).open([7; 12], b"aad", sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"hello");
    }

    #[test]
    fn any_flipped_bit_and_any_truncation_is_refused() {
        let mut sealed = Vec::new();
        cipher(KEY).seal([1; 12], b"aad", b"plaintext", &mut sealed).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(refusal(KEY, [1; 12], b"aad", &flipped), CryptoError::NotAuthentic, "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert_eq!(
                refusal(KEY, [1; 12], b"aad", &sealed[..len]),
                CryptoError::NotAuthentic,
                "{len} bytes"
            );
        }
    }

    #[test]
    fn another_key_nonce_or_associated_data_is_refused() {
        let mut sealed = Vec::new();
        cipher(KEY).seal([1; 12], b"aad", b"plaintext", &mut sealed).unwrap();
        assert_eq!(refusal(ZERO_KEY, [1; 12], b"aad", &sealed), CryptoError::NotAuthentic);
        assert_eq!(refusal(KEY, [2; 12], b"aad", &sealed), CryptoError::NotAuthentic);
        assert_eq!(refusal(KEY, [1; 12], b"aae", &sealed), CryptoError::NotAuthentic);
        assert_eq!(refusal(KEY, [1; 12], b"", &sealed), CryptoError::NotAuthentic);
    }

    #[test]
    fn debug_does_not_show_the_key() {
        assert_eq!(format!("{:?}", cipher(KEY)), "Aes256Gcm(redacted)");
    }

    fn refusal(key: &str, nonce: [u8; 12], aad: &[u8], sealed: &[u8]) -> CryptoError {
        cipher(key).open(nonce, aad, sealed).unwrap_err()
    }
}

//! HMAC (RFC 2104, FIPS 198-1) with the hash functions that KMS offers. HMAC-SHA-256 for our own use is
//! [`HmacSha256Key`](crate::HmacSha256Key).

use std::fmt;

use aws_lc_rs::hmac;

/// A hash function of HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HmacAlgorithm {
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// A key for HMAC with its pads hashed already. Erased on drop.
#[derive(Clone)]
pub struct HmacKey {
    algorithm: HmacAlgorithm,
    key: hmac::Key,
}

impl HmacKey {
    /// Prepares a key of any length.
    pub fn new(algorithm: HmacAlgorithm, key: &[u8]) -> Self {
        let library = match algorithm {
            HmacAlgorithm::Sha224 => hmac::HMAC_SHA224,
            HmacAlgorithm::Sha256 => hmac::HMAC_SHA256,
            HmacAlgorithm::Sha384 => hmac::HMAC_SHA384,
            HmacAlgorithm::Sha512 => hmac::HMAC_SHA512,
        };
        Self { algorithm, key: hmac::Key::new(library, key) }
    }

    /// The algorithm the key is for.
    pub fn algorithm(&self) -> HmacAlgorithm {
        self.algorithm
    }

    /// The whole tag of `message`: 28, 32, 48 or 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// Whether `tag` is the whole tag of `message`, in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.key, message, tag).is_ok()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({:?}, redacted)", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn every_hash_function_matches_the_published_vector() {
        let vectors = [
            (HmacAlgorithm::Sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            (HmacAlgorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                HmacAlgorithm::Sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                HmacAlgorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                 caeab1a34d4a6b4b636e070a38bce737",
            ),
        ];
        for (algorithm, expected) in vectors {
            let key = HmacKey::new(algorithm, b"Jefe");
            let tag = key.sign(b"what do ya want for nothing?");
            assert_eq!(hex::encode(&tag), expected);
            assert!(key.clone().verify(b"what do ya want for nothing?", &tag));
            assert!(!key.verify(b"what do ya want for nothing!", &tag));
            assert!(!key.verify(b"what do ya want for nothing?", &tag[1..]));
            assert!(!key.verify(b"what do ya want for nothing?", &[]));
            assert_eq!(key.algorithm(), algorithm);
        }
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key = HmacKey::new(HmacAlgorithm::Sha384, b"key");
        assert_eq!(format!("{key:?}"), "HmacKey(Sha384, redacted)");
    }
}

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

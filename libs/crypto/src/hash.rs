//! SHA-2 where the caller chooses the hash function: digests, HKDF (RFC 5869) and the counter mode KDF of
//! SP 800-108r1.

use std::fmt;

use aws_lc_rs::{digest, hkdf, hmac};
use zeroize::Zeroizing;

use crate::{CryptoError, SecretBytes};

/// A hash function of SHA-2 (FIPS 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// The length of a digest, in bytes.
    pub fn output_len(self) -> usize {
        self.digest_algorithm().output_len()
    }

    /// The digest of `data`.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        digest::digest(self.digest_algorithm(), data).as_ref().to_vec()
    }

    fn digest_algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// A digest over data that comes in pieces.
#[derive(Clone)]
pub struct Hasher(digest::Context);

impl Hasher {
    /// Starts with no data.
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(digest::Context::new(algorithm.digest_algorithm()))
    }

    /// Adds a piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all the pieces in their order.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl fmt::Debug for Hasher {
    // The state could hold bytes of a secret that is being hashed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher(..)")
    }
}

/// Extracts from `secret` and `salt`, expands with the concatenation of `info`: `len` bytes. An empty salt is RFC 5869's
/// default.
///
/// # Errors
/// [`CryptoError::OutputTooLong`] above 255 digests.
pub fn hkdf(
    algorithm: HashAlgorithm,
    secret: &[u8],
    salt: &[u8],
    info: &[&[u8]],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let library = match algorithm {
        HashAlgorithm::Sha256 => hkdf::HKDF_SHA256,
        HashAlgorithm::Sha384 => hkdf::HKDF_SHA384,
        HashAlgorithm::Sha512 => hkdf::HKDF_SHA512,
    };
    let mut out = Zeroizing::new(vec![0; len]);
    hkdf::Salt::new(library, salt)
        .extract(secret)
        .expand(info, OutputLen(len))
        .and_then(|output| output.fill(&mut out))
        .map_err(|_| CryptoError::OutputTooLong { bytes: len })?;
    Ok(SecretBytes::new(std::mem::take(&mut *out)))
}

/// Derives `len` bytes from `secret` in SP 800-108 counter mode with HMAC: a 32-bit counter before the fixed data
/// `label || 0x00 || context || [8 · len]_32`.
///
/// # Errors
/// [`CryptoError::OutputTooLong`] above 255 digests, far below what the standard allows.
pub fn kbkdf_ctr_hmac(
    algorithm: HashAlgorithm,
    secret: &[u8],
    label: &[u8],
    context: &[u8],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let too_long = CryptoError::OutputTooLong { bytes: len };
    let bits = u32::try_from(len).ok().and_then(|len| len.checked_mul(8)).ok_or(too_long)?;
    if len > 255 * algorithm.output_len() {
        return Err(too_long);
    }
    let key = hmac::Key::new(
        match algorithm {
            HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
            HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
            HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
        },
        secret,
    );
    let mut out = vec![0; len];
    for (block, counter) in out.chunks_mut(algorithm.output_len()).zip(1_u32..) {
        let mut prf = hmac::Context::with_key(&key);
        for part in [counter.to_be_bytes().as_slice(), label, &[0], context, &bits.to_be_bytes()] {
            prf.update(part);
        }
        for (out, byte) in block.iter_mut().zip(prf.sign().as_ref()) {
            *out = *byte;
        }
    }
    Ok(SecretBytes::new(out))
}

struct OutputLen(usize);

impl hkdf::KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HmacSha256Key, kbkdf_ctr_hmac_sha256};

    /// FIPS 180-2, appendices B and C, and its change notice for SHA-384.
    #[test]
    fn digests_match_the_published_vectors_whole_and_in_pieces() {
        let vectors = [
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                HashAlgorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (algorithm, expected) in vectors {
            assert_eq!(hex::encode(algorithm.digest(b"abc")), expected);
            assert_eq!(algorithm.output_len() * 2, expected.len());
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"");
            hasher.update(b"bc");
            assert_eq!(hex::encode(hasher.finish()), expected);
        }
    }

    /// RFC 5869, appendix A.1. SHA-384 and SHA-512 are held to Wycheproof.
    #[test]
    fn hkdf_matches_the_published_vector() {
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let (head, tail) = info.split_at(3);
        let salt: Vec<u8> = (0..=0x0c).collect();
        let derived = hkdf(HashAlgorithm::Sha256, &[0x0b; 22], &salt, &[head, &[], tail], 42).unwrap();
        assert_eq!(
            hex::encode(derived.expose_secret()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        let refused = hkdf(HashAlgorithm::Sha384, b"k", b"", &[], 255 * 48 + 1).unwrap_err();
        assert_eq!(refused, CryptoError::OutputTooLong { bytes: 12241 });
    }

    #[test]
    fn the_counter_mode_agrees_with_the_one_block_form() {
        let one = kbkdf_ctr_hmac_sha256(&HmacSha256Key::new(b"secret"), b"label", b"context");
        let other = kbkdf_ctr_hmac(HashAlgorithm::Sha256, b"secret", b"label", b"context", 32).unwrap();
        assert_eq!(other.expose_secret(), one.expose_secret());
    }

    /// Pinned from OpenSSL's KBKDF (by `KBKDFHMAC` of the Python package cryptography 50: counter mode, rlen 4, llen 4).
    #[test]
    fn the_counter_mode_agrees_with_openssl_over_several_blocks() {
        let secret: Vec<u8> = (0..48).collect();
        let derived = kbkdf_ctr_hmac(HashAlgorithm::Sha384, &secret, b"label", b"context", 64).unwrap();
        assert_eq!(hex::encode(derived.expose_secret()), OPENSSL_SHA384);
        let refused = kbkdf_ctr_hmac(HashAlgorithm::Sha384, b"", b"", b"", 255 * 48 + 1).unwrap_err();
        assert_eq!(refused, CryptoError::OutputTooLong { bytes: 12241 });
    }

    const OPENSSL_SHA384: &str = "6d9e11e07c36daa2861d439be1cc6b915c1a33e5b59d1c92e77d37f52e753a0e\
         06c35a93dcf774723c7fbf6206a18011c5555f7ae3cbc7665e60ecc4fc3b3e56";
}

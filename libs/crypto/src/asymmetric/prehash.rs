//! Digests that the caller made.

use aws_lc_rs::digest::{Algorithm, Digest};

use crate::CryptoError;

/// `digest` as AWS-LC signs it.
pub(super) fn import(algorithm: &'static Algorithm, digest: &[u8]) -> Result<Digest, CryptoError> {
    Digest::import_less_safe(digest, algorithm)
        .map_err(|_| CryptoError::DigestLength { expected: algorithm.output_len(), actual: digest.len() })
}

/// `digest` where a library wants an array.
pub(super) fn exactly<const N: usize>(digest: &[u8]) -> Result<[u8; N], CryptoError> {
    digest.try_into().map_err(|_| CryptoError::DigestLength { expected: N, actual: digest.len() })
}

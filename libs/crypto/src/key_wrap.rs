//! AES key wrap with padding (RFC 5649, AES-KWP of NIST SP 800-38F) under a 256-bit key.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded as _};
use zeroize::Zeroizing;

use crate::{CryptoError, Key256, SecretBytes};

/// Wraps `key`, of any length, under `kek`. The result is eight bytes longer than `key` filled up to a multiple of
/// eight.
///
/// # Errors
/// [`CryptoError::KeyLength`] unless `kek` has 256 bits, [`CryptoError::EmptyInput`] when there is nothing to wrap, and
/// [`CryptoError::MessageTooLong`] near 2 GiB.
pub fn aes_kwp_wrap(kek: &SecretBytes, key: &SecretBytes) -> Result<Vec<u8>, CryptoError> {
    let kek = prepare(kek)?;
    if key.is_empty() {
        return Err(CryptoError::EmptyInput);
    }
    let mut wrapped = vec![0; key.len().next_multiple_of(BLOCK) + BLOCK];
    let len = kek
        .wrap_with_padding(key.expose_secret(), &mut wrapped)
        .map_err(|_| CryptoError::MessageTooLong { bytes: key.len() })?
        .len();
    wrapped.truncate(len);
    Ok(wrapped)
}

/// Unwraps what [`aes_kwp_wrap`] made.
///
/// # Errors
/// [`CryptoError::KeyLength`] unless `kek` has 256 bits, and [`CryptoError::NotAuthentic`] when `wrapped` was not made
/// under it, or was changed.
pub fn aes_kwp_unwrap(kek: &SecretBytes, wrapped: &[u8]) -> Result<SecretBytes, CryptoError> {
    let kek = prepare(kek)?;
    let mut key = Zeroizing::new(vec![0; wrapped.len()]);
    let len = kek.unwrap_with_padding(wrapped, &mut key).map_err(|_| CryptoError::NotAuthentic)?.len();
    key.truncate(len);
    Ok(SecretBytes::new(std::mem::take(&mut *key)))
}

fn prepare(kek: &SecretBytes) -> Result<AesKek, CryptoError> {
    AesKek::new(&AES_256, kek.expose_secret())
        .map_err(|_| CryptoError::KeyLength { expected: Key256::LEN, actual: kek.len() })
}

/// The unit of the algorithm, half a block of AES.
const BLOCK: usize = 8;

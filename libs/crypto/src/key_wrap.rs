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

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(bytes: &[u8]) -> SecretBytes {
        SecretBytes::new(bytes.to_vec())
    }

    #[test]
    fn every_length_comes_back_and_no_changed_byte_does() {
        let kek = secret(&[7; 32]);
        for len in 1..=40 {
            let key = secret(&vec![3; len]);
            let wrapped = aes_kwp_wrap(&kek, &key).unwrap();
            assert_eq!(wrapped.len(), len.div_ceil(8) * 8 + 8);
            assert_eq!(aes_kwp_unwrap(&kek, &wrapped).unwrap().expose_secret(), key.expose_secret());
            for byte in 0..wrapped.len() {
                let mut changed = wrapped.clone();
                changed[byte] ^= 1;
                assert_eq!(aes_kwp_unwrap(&kek, &changed).unwrap_err(), CryptoError::NotAuthentic);
            }
            assert_eq!(aes_kwp_unwrap(&secret(&[8; 32]), &wrapped).unwrap_err(), CryptoError::NotAuthentic);
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let kek = secret(&[7; 32]);
        for len in [0, 16, 24, 31, 33] {
            let refusal = CryptoError::KeyLength { expected: 32, actual: len };
            assert_eq!(aes_kwp_wrap(&secret(&vec![7; len]), &kek).unwrap_err(), refusal);
            assert_eq!(aes_kwp_unwrap(&secret(&vec![7; len]), &[0; 16]).unwrap_err(), refusal);
        }
        assert_eq!(aes_kwp_wrap(&kek, &secret(&[])).unwrap_err(), CryptoError::EmptyInput);
        for len in [0, 1, 8, 15, 17] {
            assert_eq!(aes_kwp_unwrap(&kek, &vec![0; len]).unwrap_err(), CryptoError::NotAuthentic);
        }
    }
}

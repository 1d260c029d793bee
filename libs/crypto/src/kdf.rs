//! Keys from keys: HKDF (RFC 5869) and the counter mode KDF of NIST SP 800-108r1, both on HMAC-SHA-256.

use ring::hkdf;
use zeroize::Zeroizing;

use crate::{CryptoError, HmacSha256Key, Key256};

/// Extracts from `secret` and `salt`, expands with `info`, and fills all of `out`. An empty salt is RFC 5869's
/// default.
///
/// # Errors
/// [`CryptoError::OutputTooLong`] above 255 blocks (8160 bytes).
pub fn hkdf_sha256(secret: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), CryptoError> {
    let too_long = CryptoError::OutputTooLong { bytes: out.len() };
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], OutputLen(out.len()))
        .and_then(|output| output.fill(out))
        .map_err(|_| too_long)
}

/// [`hkdf_sha256`] for a 256-bit key.
///
/// # Errors
/// None that these lengths can cause.
pub fn hkdf_sha256_key(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Key256, CryptoError> {
    Key256::fill_with(|key| hkdf_sha256(secret, salt, info, key))
}

/// Derives a 256-bit key in SP 800-108 counter mode: one block, a 32-bit counter before the fixed data
/// `label || 0x00 || context || 0x00000100`.
///
/// With a kept `key` a derivation is four compressions or so and no allocation: made for one key per message.
pub fn kbkdf_ctr_hmac_sha256(key: &HmacSha256Key, label: &[u8], context: &[u8]) -> Key256 {
    let block = Zeroizing::new(key.sign_parts(&[&FIRST_BLOCK, label, &[0], context, &OUTPUT_BITS]));
    Key256::from_bytes(*block)
}

struct OutputLen(usize);

impl hkdf::KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

const FIRST_BLOCK: [u8; 4] = 1_u32.to_be_bytes();
const OUTPUT_BITS: [u8; 4] = 256_u32.to_be_bytes();

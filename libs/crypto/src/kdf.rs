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
    first_block(key, [label, &[0], context, &OUTPUT_BITS])
}

/// PRF(key, `[1]_32` || fixed data): all of the output, as it is one block long.
fn first_block(key: &HmacSha256Key, [a, b, c, d]: [&[u8]; 4]) -> Key256 {
    let block = Zeroizing::new(key.sign_parts(&[&FIRST_BLOCK, a, b, c, d]));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// RFC 5869, appendices A.1 to A.3: input key, salt, info, output.
    #[test]
    fn hkdf_matches_the_published_vectors() {
        let vectors = [
            (
                vec![0x0b; 22],
                Vec::from_iter(0..=0x0c),
                Vec::from_iter(0xf0..=0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                Vec::from_iter(0..=0x4f),
                Vec::from_iter(0x60..=0xaf),
                Vec::from_iter(0xb0..=0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
                 59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
                 cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                vec![0x0b; 22],
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (secret, salt, info, expected) in vectors {
            let mut out = vec![0; expected.len() / 2];
            hkdf_sha256(&secret, &salt, &info, &mut out).unwrap();
            assert_eq!(hex::encode(out), expected);
            let key = hkdf_sha256_key(&secret, &salt, &info).unwrap();
            assert_eq!(hex::encode(key.expose_secret()), expected[..64]);
        }
    }

    #[test]
    fn hkdf_ends_at_255_blocks() {
        let mut out = vec![0; 255 * 32 + 1];
        assert_eq!(hkdf_sha256(b"k", b"", b"", &mut out), Err(CryptoError::OutputTooLong { bytes: 8161 }));
        assert!(out.iter().all(|byte| *byte == 0));
        assert_eq!(hkdf_sha256(b"k", b"", b"", &mut out[1..]), Ok(()));
    }

    /// NIST CAVP, KDF in counter mode, HMAC_SHA256, BEFORE_FIXED, RLEN=32_BITS, COUNT=10 (L = 256). The fixed data is
    /// opaque there, so the block is checked below the layout of label and context.
    #[test]
    fn counter_mode_block_matches_the_cavp_vector() {
        let key =
            HmacSha256Key::new(&unhex("e204d6d466aad507ffaf6d6dab0a5b26152c9e21e764370464e360c8fbc765c6"));
        let fixed = unhex(
            "7b03b98d9f94b899e591f3ef264b71b193fba7043c7e953cde23bc5384bc1a62\
             93580115fae3495fd845dadbd02bd6455cf48d0f62b33e62364a3a80",
        );
        let (a, rest) = fixed.split_at(1);
        let (b, rest) = rest.split_at(20);
        let block = first_block(&key, [a, b, &[], rest]);
        let expected = "770dfab6a6a4a4bee0257ff335213f78d8287b4fd537d5c1fffa956910e7c779";
        assert_eq!(hex::encode(block.expose_secret()), expected);
    }

    /// Pinned from OpenSSL's KBKDF (by `KBKDFHMAC` of the Python package cryptography 48: counter mode, rlen 4, llen 4).
    #[test]
    fn counter_mode_layout_agrees_with_openssl() {
        let key: Vec<u8> = (0..32).collect();
        let salt: Vec<u8> = (0x10..0x20).collect();
        let vectors = [
            (
                key.as_slice(),
                "label",
                b"context".as_slice(),
                "303790cfe363abe9682dbfff5941f23b32addc96da72f4c7e5b20e9f59a4e570",
            ),
            (&key, "keywright", &salt, "f36132e6d2855f19fc6ce9165e0e92d8e4f5d1584cf6993c5025b4ab836ba440"),
            (&[0xff; 32], "", b"", "cbb8896c88ab3db058de1c4da4a729a3622eb351a001306df828f6a2986f1518"),
        ];
        for (key, label, context, expected) in vectors {
            let derived = kbkdf_ctr_hmac_sha256(&HmacSha256Key::new(key), label.as_bytes(), context);
            assert_eq!(hex::encode(derived.expose_secret()), expected);
        }
    }

    #[test]
    fn label_and_context_do_not_run_into_each_other() {
        let key = HmacSha256Key::new(b"key");
        let one = kbkdf_ctr_hmac_sha256(&key, b"ab", b"c");
        let other = kbkdf_ctr_hmac_sha256(&key, b"a", b"bc");
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}

//! AES-256 in CBC mode with the padding of PKCS #7 (NIST SP 800-38A; RFC 5652, 6.3).
//!
//! It protects no integrity. It is here for the one format that prescribes it, and encrypts only.

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use crate::{CryptoError, Key256, SecretBytes};

/// Encrypts `plaintext`, of any length. Under one key each `iv` is used once, and nobody can foresee it.
///
/// # Errors
/// [`CryptoError::Library`].
pub fn aes256_cbc_encrypt(
    key: &Key256,
    iv: &[u8; AES_BLOCK_LEN],
    plaintext: &SecretBytes,
) -> Result<Vec<u8>, CryptoError> {
    let key = UnboundCipherKey::new(&AES_256, key.expose_secret()).map_err(|_| CryptoError::Library)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| CryptoError::Library)?;
    // Room for the padding, so that growing leaves no plaintext behind.
    let mut in_out = Vec::with_capacity(plaintext.len() + AES_BLOCK_LEN);
    in_out.extend_from_slice(plaintext.expose_secret());
    key.less_safe_encrypt(&mut in_out, EncryptionContext::Iv128(FixedLength::from(iv)))
        .map_err(|_| CryptoError::Library)?;
    Ok(in_out)
}

/// The block of AES, in bytes.
pub const AES_BLOCK_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-38A, F.2.5; the last block is the padding's.
    #[test]
    fn it_matches_the_published_vector() {
        let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
        let plaintext = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
        let ciphertext = "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
                          39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b";
        let key = Key256::try_from_slice(&hex::decode(key).unwrap()).unwrap();
        let iv: [u8; 16] = std::array::from_fn(|at| at as u8);
        let plaintext = SecretBytes::new(hex::decode(plaintext).unwrap());
        let encrypted = aes256_cbc_encrypt(&key, &iv, &plaintext).unwrap();
        assert_eq!(hex::encode(&encrypted[..64]), ciphertext);
        assert_eq!(encrypted.len(), 80);
    }

    #[test]
    fn every_length_is_filled_up_to_whole_blocks() {
        let key = Key256::from_bytes([7; 32]);
        for len in 0..40 {
            let encrypted = aes256_cbc_encrypt(&key, &[9; 16], &SecretBytes::new(vec![3; len])).unwrap();
            assert_eq!(encrypted.len(), (len / 16 + 1) * 16);
        }
    }
}

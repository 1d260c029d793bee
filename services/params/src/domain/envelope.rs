//! How a SecureString of the advanced tier is stored: encrypted under a data key of its own, which KMS has encrypted.
//!
//! ```text
//! version     1 byte    1
//! length      2 bytes   of the encrypted data key, big-endian
//! data key    length    KMS's ciphertext of 32 bytes, with the context PARAMETER_ARN
//! nonce      12 bytes   random
//! value       rest      AES-256-GCM of the UTF-8 text, with its tag of 16 bytes
//! ```
//!
//! The associated data is all before the nonce, followed by the parameter's ARN: a value can't be moved to another
//! parameter, nor be given another data key.

use keywright_crypto::{
    Aes256Gcm, CryptoError, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
};

/// An envelope, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    header: &'a [u8],
    encrypted_data_key: &'a [u8],
    nonce: [u8; NONCE_LEN],
    sealed: &'a [u8],
}

/// Why no envelope could be made or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Bytes that aren't of the form above.
    #[error("the stored value is not an envelope")]
    Malformed,
    /// The encrypted data key doesn't fit.
    #[error("the encrypted data key is too long")]
    DataKeyTooLong,
    /// A primitive refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// Seals `plaintext` for the parameter with this ARN.
///
/// # Errors
/// [`EnvelopeError::DataKeyTooLong`] over 65,535 bytes; [`EnvelopeError::Crypto`] without randomness.
pub fn seal(
    data_key: &Key256,
    encrypted_data_key: &[u8],
    arn: &str,
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, EnvelopeError> {
    let length = u16::try_from(encrypted_data_key.len()).map_err(|_| EnvelopeError::DataKeyTooLong)?;
    let nonce: [u8; NONCE_LEN] = random.bytes()?;
    let mut out =
        Vec::with_capacity(HEAD_LEN + encrypted_data_key.len() + NONCE_LEN + plaintext.len() + TAG_LEN);
    out.push(VERSION);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(encrypted_data_key);
    let associated = associated_data(&out, arn);
    out.extend_from_slice(&nonce);
    Aes256Gcm::new(data_key).seal(nonce, &associated, plaintext, &mut out)?;
    Ok(out)
}

impl<'a> Envelope<'a> {
    /// Takes stored bytes apart.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let (&[version, high, low], rest) = bytes.split_first_chunk().ok_or(EnvelopeError::Malformed)?;
        if version != VERSION {
            return Err(EnvelopeError::Malformed);
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (encrypted_data_key, rest) = rest.split_at_checked(length).ok_or(EnvelopeError::Malformed)?;
        let (header, _) = bytes.split_at_checked(HEAD_LEN + length).ok_or(EnvelopeError::Malformed)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or(EnvelopeError::Malformed)?;
        Ok(Self { header, encrypted_data_key, nonce: *nonce, sealed })
    }

    /// What KMS must decrypt.
    #[must_use]
    pub fn encrypted_data_key(&self) -> &'a [u8] {
        self.encrypted_data_key
    }

    /// Opens it with the decrypted data key.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when anything of it, the key or the ARN is another.
    pub fn open(&self, data_key: &Key256, arn: &str) -> Result<SecretBytes, CryptoError> {
        Aes256Gcm::new(data_key).open(self.nonce, &associated_data(self.header, arn), self.sealed)
    }
}

fn associated_data(header: &[u8], arn: &str) -> Vec<u8> {
    [header, arn.as_bytes()].concat()
}

const VERSION: u8 = 1;
const HEAD_LEN: usize = 3;

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    const ARN: &str = "arn:aws:ssm:us-east-1:000000000000:parameter/x";

    fn key() -> Key256 {
        Key256::from_bytes([7; 32])
    }

    fn sealed() -> Vec<u8> {
        seal(&key(), b"encrypted data key", ARN, b"s3cret", &SystemRandom).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened() {
        let sealed = sealed();
        let envelope = Envelope::parse(&sealed).unwrap();
        assert_eq!(envelope.encrypted_data_key(), b"encrypted data key");
        assert_eq!(envelope.open(&key(), ARN).unwrap().expose_secret(), b"s3cret");
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
    }

    #[test]
    fn another_arn_or_key_does_not_open_it() {
        let sealed = sealed();
        let envelope = Envelope::parse(&sealed).unwrap();
        assert_eq!(envelope.open(&key(), "arn:other").unwrap_err(), CryptoError::NotAuthentic);
        assert_eq!(envelope.open(&Key256::from_bytes([8; 32]), ARN).unwrap_err(), CryptoError::NotAuthentic);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = sealed();
        for position in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[position / 8] ^= 1 << (position % 8);
            let opened = Envelope::parse(&damaged).ok().and_then(|envelope| envelope.open(&key(), ARN).ok());
            assert!(opened.is_none(), "bit {position}");
        }
    }

    #[test]
    fn every_shorter_text_is_refused() {
        let sealed = sealed();
        for length in 0..sealed.len() {
            let opened = Envelope::parse(&sealed[..length]).ok().and_then(|e| e.open(&key(), ARN).ok());
            assert!(opened.is_none(), "{length} bytes");
        }
    }

    #[test]
    fn a_data_key_that_does_not_fit_is_refused() {
        let long = vec![0; 65_536];
        assert_eq!(seal(&key(), &long, ARN, b"", &SystemRandom), Err(EnvelopeError::DataKeyTooLong));
    }
}

//! Import tokens: the wrapping key of an import, sealed, so that every replica can take what was wrapped under it and
//! none has to remember it.
//!
//! A token is `version (1) || domain key id (16) || salt (16) || nonce (12) || ciphertext || tag (16)`: AES-256-GCM under
//! a key that follows from the domain key and the salt by the counter mode KDF of NIST SP 800-108. All before the
//! ciphertext is associated data.

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::{
    Aes256Gcm, CryptoError, HmacSha256Key, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
    kbkdf_ctr_hmac_sha256,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_id::KeyId;
use super::wrapping::{WrappingAlgorithm, WrappingKeySpec};

/// What a token says.
#[derive(Debug)]
pub struct ImportToken {
    /// The account of the key whose material it is for.
    pub account: AccountId,
    /// The key's Region.
    pub region: Region,
    /// The key.
    pub key_id: KeyId,
    /// How the material is wrapped.
    pub algorithm: WrappingAlgorithm,
    /// The kind of the wrapping key.
    pub wrapping: WrappingKeySpec,
    /// When the token is no longer valid; in whole seconds.
    pub valid_to: OffsetDateTime,
    /// The private wrapping key's PKCS #8 form.
    pub private_key: SecretBytes,
}

/// A token of the right form. Whether it is authentic shows when it is opened.
#[derive(Clone, Copy, Debug)]
pub struct SealedToken<'a> {
    /// The domain key that seals it.
    pub domain_key: Uuid,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    header: &'a [u8],
    sealed: &'a [u8],
}

impl ImportToken {
    /// Seals it under a domain key.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(&self, id: Uuid, domain_key: &Key256, random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let (salt, nonce): ([u8; SALT_LEN], [u8; NONCE_LEN]) = (random.bytes()?, random.bytes()?);
        let plaintext = self.to_bytes();
        let mut token = Vec::with_capacity(HEADER_LEN + plaintext.len() + TAG_LEN);
        token.push(VERSION);
        token.extend_from_slice(id.as_bytes());
        token.extend_from_slice(&salt);
        token.extend_from_slice(&nonce);
        let header = token.clone();
        cipher(domain_key, &salt).seal(nonce, &header, plaintext.expose_secret(), &mut token)?;
        Ok(token)
    }

    fn to_bytes(&self) -> SecretBytes {
        let texts = [
            self.account.as_str().to_owned(),
            self.region.as_str().to_owned(),
            self.key_id.to_string(),
            self.algorithm.as_str().to_owned(),
            self.wrapping.as_str().to_owned(),
            self.valid_to.unix_timestamp().to_string(),
        ];
        let private_key = self.private_key.expose_secret();
        // Of the right size at once: a vector that grows leaves copies behind.
        let length = texts.iter().map(|text| text.len() + 1).sum::<usize>() + private_key.len();
        let mut bytes = Vec::with_capacity(length);
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(SEPARATOR);
        }
        bytes.extend_from_slice(private_key);
        SecretBytes::new(bytes)
    }

    fn from_bytes(bytes: &SecretBytes) -> Option<Self> {
        let mut parts = bytes.expose_secret().splitn(7, |byte| *byte == SEPARATOR);
        let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok());
        let (account, region, key_id) = (text()?, text()?, text()?);
        let (algorithm, wrapping, valid_to) = (text()?, text()?, text()?);
        Some(Self {
            account: AccountId::parse(account).ok()?,
            region: Region::parse(region).ok()?,
            key_id: KeyId::parse(key_id)?,
            algorithm: algorithm.parse().ok()?,
            wrapping: wrapping.parse().ok()?,
            valid_to: OffsetDateTime::from_unix_timestamp(valid_to.parse().ok()?).ok()?,
            private_key: SecretBytes::new(parts.next()?.to_vec()),
        })
    }
}

impl<'a> SealedToken<'a> {
    /// Reads a token's form; `None` for what was not made here.
    #[must_use]
    pub fn parse(token: &'a [u8]) -> Option<Self> {
        let (header, sealed) = token.split_at_checked(HEADER_LEN)?;
        let (&version, rest) = header.split_first()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        (version == VERSION).then_some(Self {
            domain_key: Uuid::from_bytes(*id),
            salt: *salt,
            nonce: *nonce,
            header,
            sealed,
        })
    }

    /// Opens it with its domain key; `None` when it was altered, or another key sealed it.
    #[must_use]
    pub fn open(&self, domain_key: &Key256) -> Option<ImportToken> {
        let opened = cipher(domain_key, &self.salt).open(self.nonce, self.header, self.sealed).ok()?;
        ImportToken::from_bytes(&opened)
    }
}

fn cipher(domain_key: &Key256, salt: &[u8; SALT_LEN]) -> Aes256Gcm {
    let derivation = HmacSha256Key::new(domain_key.expose_secret());
    Aes256Gcm::new(&kbkdf_ctr_hmac_sha256(&derivation, LABEL, salt))
}

const LABEL: &[u8] = b"keywright kms import token v1";
const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = 1 + 16 + SALT_LEN + NONCE_LEN;
/// None of the texts before the private key has it.
const SEPARATOR: u8 = b'\n';

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use time::macros::datetime;

    use super::*;

    fn token(private_key: Vec<u8>) -> ImportToken {
        ImportToken {
            account: AccountId::parse("000000000001").unwrap(),
            region: Region::parse("eu-west-1").unwrap(),
            key_id: KeyId::from_parts(Uuid::from_bytes([7; 16]), true),
            algorithm: WrappingAlgorithm::RsaAesKeyWrapSha256,
            wrapping: WrappingKeySpec::Rsa4096,
            valid_to: datetime!(2026-01-31 12:00 UTC),
            private_key: SecretBytes::new(private_key),
        }
    }

    #[test]
    fn a_token_returns_what_it_was_made_of() {
        let (id, domain_key) = (Uuid::from_bytes([1; 16]), Key256::from_bytes([2; 32]));
        // A private key may hold any bytes, separators among them.
        let sealed = token(vec![b'\n'; 2400]).seal(id, &domain_key, &SystemRandom).unwrap();
        assert!(sealed.len() <= 6144);
        let parsed = SealedToken::parse(&sealed).unwrap();
        assert_eq!(parsed.domain_key, id);
        let opened = parsed.open(&domain_key).unwrap();
        let expected = token(vec![b'\n'; 2400]);
        assert_eq!((opened.account, opened.region), (expected.account, expected.region));
        assert_eq!((opened.key_id, opened.valid_to), (expected.key_id, expected.valid_to));
        assert_eq!((opened.algorithm, opened.wrapping), (expected.algorithm, expected.wrapping));
        assert_eq!(opened.private_key.expose_secret(), [b'\n'; 2400]);
    }

    #[test]
    fn an_altered_token_opens_nothing() {
        let domain_key = Key256::from_bytes([2; 32]);
        let sealed = token(vec![3; 40]).seal(Uuid::nil(), &domain_key, &SystemRandom).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let opened = SealedToken::parse(&altered).and_then(|parsed| parsed.open(&domain_key));
            assert!(opened.is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            let opened = SealedToken::parse(&sealed[..length]).and_then(|parsed| parsed.open(&domain_key));
            assert!(opened.is_none(), "{length} bytes");
        }
        assert!(SealedToken::parse(&sealed).unwrap().open(&Key256::from_bytes([3; 32])).is_none());
    }

    #[test]
    fn nothing_is_printed_of_the_private_key() {
        let shown = format!("{:?}", token(b"private".to_vec()));
        assert!(!shown.contains("private\"") && !shown.contains("112, 114"), "{shown}");
    }
}

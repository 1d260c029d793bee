//! Sealed boxes: what must not stand readable in the database or in a caller's hands.
//!
//! A box is `version (1) || key number (4, big-endian) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM. Its
//! associated data is the header, what the box is for and what it belongs to, so that no box can be passed off as
//! another. Nonces are random: a key may seal 2^32 boxes.

use std::collections::BTreeMap;

use keywright_crypto::{
    Aes256Gcm, CryptoError, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
};

/// What a box is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A secret access key.
    SecretAccessKey,
    /// A key of forward tokens.
    TokenKey,
    /// A forward token.
    ForwardToken,
    /// The token of temporary credentials.
    SessionToken,
    /// Why a request was refused.
    AuthorizationMessage,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SecretAccessKey => b"keywright identity: secret access key",
            Self::TokenKey => b"keywright identity: token key",
            Self::ForwardToken => b"keywright identity: forward token",
            Self::SessionToken => b"keywright identity: session token",
            Self::AuthorizationMessage => b"keywright identity: authorization message",
        }
    }
}

/// Numbered keys of which the newest seals and all open.
pub struct SealingKeys {
    keys: BTreeMap<u32, Aes256Gcm>,
}

/// Why a box does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It isn't a box of ours.
    #[error("not a sealed box")]
    Malformed,
    /// It was sealed by a key that isn't known (any more).
    #[error("sealed by an unknown key, number={0}")]
    UnknownKey(u32),
    /// It was altered, or belongs elsewhere.
    #[error("the sealed box is not authentic")]
    NotAuthentic,
}

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no key yet.
    #[error("there is no sealing key")]
    NoKey,
    /// A primitive refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl SealingKeys {
    /// Takes keys with their numbers.
    pub fn new(keys: impl IntoIterator<Item = (u32, Key256)>) -> Self {
        Self { keys: keys.into_iter().map(|(number, key)| (number, Aes256Gcm::new(&key))).collect() }
    }

    /// Seals under the newest key. `belongs_to` is needed again to open.
    ///
    /// # Errors
    /// [`SealError`] when there is no key or no randomness.
    pub fn seal(
        &self,
        purpose: Purpose,
        belongs_to: &[u8],
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let (number, key) = self.keys.last_key_value().ok_or(SealError::NoKey)?;
        let header = header(*number);
        let nonce = random.bytes::<NONCE_LEN>()?;
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + TAG_LEN);
        sealed.extend_from_slice(&header);
        sealed.extend_from_slice(&nonce);
        key.seal(nonce, &associated_data(&header, purpose, belongs_to), plaintext, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose and owner.
    ///
    /// # Errors
    /// [`OpenError`] otherwise.
    pub fn open(&self, purpose: Purpose, belongs_to: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        let (header, rest) = sealed.split_first_chunk::<HEADER_LEN>().ok_or(OpenError::Malformed)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Malformed)?;
        let [VERSION, number @ ..] = *header else {
            return Err(OpenError::Malformed);
        };
        let number = u32::from_be_bytes(number);
        let key = self.keys.get(&number).ok_or(OpenError::UnknownKey(number))?;
        key.open(*nonce, &associated_data(header, purpose, belongs_to), ciphertext)
            .map_err(|_| OpenError::NotAuthentic)
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn header(number: u32) -> [u8; HEADER_LEN] {
    let [a, b, c, d] = number.to_be_bytes();
    [VERSION, a, b, c, d]
}

/// The label contains no zero byte and the header is of fixed length, so that the parts can't run into each other.
fn associated_data(header: &[u8; HEADER_LEN], purpose: Purpose, belongs_to: &[u8]) -> Vec<u8> {
    [header.as_slice(), purpose.label(), &[0], belongs_to].concat()
}

const VERSION: u8 = 1;
const HEADER_LEN: usize = 5;

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    fn keys(numbers: impl IntoIterator<Item = u32>) -> SealingKeys {
        SealingKeys::new(numbers.into_iter().map(|n| (n, Key256::from_bytes([n as u8; 32]))))
    }

    #[test]
    fn a_box_opens_for_its_purpose_and_owner_only() {
        let keys = keys([1]);
        let sealed = keys.seal(Purpose::SecretAccessKey, b"alice", b"secret", &SystemRandom).unwrap();
        let opened = keys.open(Purpose::SecretAccessKey, b"alice", &sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"secret");
        let refused = |purpose, owner: &[u8]| keys.open(purpose, owner, &sealed).unwrap_err();
        assert_eq!(refused(Purpose::TokenKey, b"alice"), OpenError::NotAuthentic);
        assert_eq!(refused(Purpose::SecretAccessKey, b"mallory"), OpenError::NotAuthentic);
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let keys = keys([1]);
        let sealed = keys.seal(Purpose::ForwardToken, b"", b"text", &SystemRandom).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(Purpose::ForwardToken, b"", &changed).is_err(), "byte {at}");
            assert!(keys.open(Purpose::ForwardToken, b"", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_newest_key_seals_and_older_ones_open() {
        let sealed = keys([1]).seal(Purpose::TokenKey, b"", b"text", &SystemRandom).unwrap();
        assert!(keys([1, 2]).open(Purpose::TokenKey, b"", &sealed).is_ok());
        assert_eq!(keys([2]).open(Purpose::TokenKey, b"", &sealed).unwrap_err(), OpenError::UnknownKey(1));
        let sealed = keys([1, 2]).seal(Purpose::TokenKey, b"", b"text", &SystemRandom).unwrap();
        assert!(keys([2]).open(Purpose::TokenKey, b"", &sealed).is_ok());
        assert_eq!(keys([]).seal(Purpose::TokenKey, b"", b"", &SystemRandom).unwrap_err(), SealError::NoKey);
    }
}

//! The stored form of a wrapped key: version (1) || root key id (16) || what the root key made of it.
//!
//! Version 1, by a root key in memory: nonce (12) || ciphertext || tag (16). Version 2, by a root key in a token: what
//! [`keywright_hsm::Token::encrypt`] returns. Version and root key id are authenticated with the purpose.

use std::fmt;

use keywright_crypto::{NONCE_LEN, TAG_LEN};

use crate::{RootKeyError, RootKeyId};

/// A key that a root key has wrapped. Not secret; store it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    bytes: Vec<u8>,
    root_key: RootKeyId,
}

impl WrappedKey {
    /// Reads the stored form. Whether it is authentic shows only when it is unwrapped.
    ///
    /// # Errors
    /// [`RootKeyError::MalformedWrappedKey`] when it is too short or of an unknown version.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, RootKeyError> {
        let bytes = bytes.into();
        let (overhead, id) = match bytes.first_chunk::<HEADER_LEN>() {
            Some([IN_MEMORY, id @ ..]) => (NONCE_LEN + TAG_LEN, *id),
            Some([IN_TOKEN, id @ ..]) => (keywright_hsm::OVERHEAD, *id),
            _ => return Err(RootKeyError::MalformedWrappedKey),
        };
        if bytes.len() < HEADER_LEN + overhead {
            return Err(RootKeyError::MalformedWrappedKey);
        }
        Ok(Self { root_key: RootKeyId::from_bytes(id), bytes })
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The root key that wrapped it, by its own account.
    pub fn root_key_id(&self) -> &RootKeyId {
        &self.root_key
    }

    /// Puts the stored form together; `seal` appends ciphertext and tag for keys of `key_len` bytes.
    pub(crate) fn build<E>(
        root_key: RootKeyId,
        nonce: [u8; NONCE_LEN],
        key_len: usize,
        seal: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + NONCE_LEN + key_len + TAG_LEN);
        bytes.extend_from_slice(&header(IN_MEMORY, &root_key));
        bytes.extend_from_slice(&nonce);
        seal(&mut bytes)?;
        Ok(Self { bytes, root_key })
    }

    /// The form of a root key in a token.
    pub(crate) fn from_token(root_key: RootKeyId, sealed: &[u8]) -> Self {
        Self { bytes: [header(IN_TOKEN, &root_key).as_slice(), sealed].concat(), root_key }
    }

    /// The nonce, and ciphertext with tag, if a root key in memory made it.
    pub(crate) fn sealed(&self) -> Option<([u8; NONCE_LEN], &[u8])> {
        let (nonce, ciphertext_and_tag) = self.body(IN_MEMORY)?.split_first_chunk()?;
        Some((*nonce, ciphertext_and_tag))
    }

    /// What the token made, if a root key in a token made it.
    pub(crate) fn sealed_in_token(&self) -> Option<&[u8]> {
        self.body(IN_TOKEN)
    }

    fn body(&self, version: u8) -> Option<&[u8]> {
        let (header, body) = self.bytes.split_first_chunk::<HEADER_LEN>()?;
        (header.first() == Some(&version)).then_some(body)
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey(by {}, {} bytes)", self.root_key, self.bytes.len())
    }
}

/// What stands first. It is authenticated with the purpose.
pub(crate) fn header(version: u8, root_key: &RootKeyId) -> [u8; HEADER_LEN] {
    let mut header = [version; HEADER_LEN];
    let [_, id @ ..] = &mut header;
    *id = *root_key.as_bytes();
    header
}

/// The version of what a root key in memory wrapped.
pub(crate) const IN_MEMORY: u8 = 1;
/// The version of what a root key in a token wrapped.
pub(crate) const IN_TOKEN: u8 = 2;
const HEADER_LEN: usize = 1 + RootKeyId::LEN;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: RootKeyId = RootKeyId::from_bytes([7; RootKeyId::LEN]);

    fn wrapped() -> WrappedKey {
        let seal = |out: &mut Vec<u8>| {
            out.extend_from_slice(&[0xcc; 32 + TAG_LEN]);
            Ok::<_, RootKeyError>(())
        };
        WrappedKey::build(ID, [9; NONCE_LEN], 32, seal).unwrap()
    }

    #[test]
    fn the_stored_form_is_as_documented() {
        let expected = [&[1][..], &[7; 16], &[9; 12], &[0xcc; 48]].concat();
        assert_eq!(wrapped().as_bytes(), expected);
        assert_eq!(wrapped().sealed(), Some(([9; 12], &[0xcc; 48][..])));
    }

    #[test]
    fn what_a_token_made_is_kept_apart() {
        let sealed = [0xdd; keywright_hsm::OVERHEAD + 32];
        let wrapped = WrappedKey::from_token(ID, &sealed);
        assert_eq!(wrapped.as_bytes(), [&[2][..], &[7; 16], &sealed].concat());
        let read = WrappedKey::from_bytes(wrapped.as_bytes()).unwrap();
        assert_eq!(read, wrapped);
        assert_eq!(read.sealed_in_token(), Some(&sealed[..]));
        assert_eq!(read.sealed(), None);
        assert_eq!(self::wrapped().sealed_in_token(), None);
        for len in 0..HEADER_LEN + keywright_hsm::OVERHEAD {
            assert!(WrappedKey::from_bytes(&wrapped.as_bytes()[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn the_stored_form_reads_back() {
        let read = WrappedKey::from_bytes(wrapped().into_bytes()).unwrap();
        assert_eq!(read, wrapped());
        assert_eq!(read.root_key_id(), &ID);
    }

    #[test]
    fn truncated_and_unknown_forms_are_refused() {
        let bytes = wrapped().into_bytes();
        for len in 0..HEADER_LEN + NONCE_LEN + TAG_LEN {
            let refusal = WrappedKey::from_bytes(&bytes[..len]).unwrap_err();
            assert!(matches!(refusal, RootKeyError::MalformedWrappedKey), "{len} bytes");
        }
        for version in [0, 3, 255] {
            let mut other = bytes.clone();
            other[0] = version;
            assert!(WrappedKey::from_bytes(other).is_err(), "version {version}");
        }
    }
}

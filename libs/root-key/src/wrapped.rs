//! The stored form of a wrapped key: version (1) || root key id (16) || nonce (12) || ciphertext || tag (16).

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
        match bytes.first_chunk::<HEADER_LEN>() {
            Some([VERSION, id @ ..]) if bytes.len() >= HEADER_LEN + NONCE_LEN + TAG_LEN => {
                Ok(Self { root_key: RootKeyId::from_bytes(*id), bytes })
            }
            _ => Err(RootKeyError::MalformedWrappedKey),
        }
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
        bytes.extend_from_slice(&header(&root_key));
        bytes.extend_from_slice(&nonce);
        seal(&mut bytes)?;
        Ok(Self { bytes, root_key })
    }

    /// The nonce, and ciphertext with tag.
    pub(crate) fn sealed(&self) -> Option<([u8; NONCE_LEN], &[u8])> {
        let (nonce, ciphertext_and_tag) = self.bytes.get(HEADER_LEN..)?.split_first_chunk()?;
        Some((*nonce, ciphertext_and_tag))
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey(by {}, {} bytes)", self.root_key, self.bytes.len())
    }
}

/// What stands before the nonce. It is authenticated with the purpose.
pub(crate) fn header(root_key: &RootKeyId) -> [u8; HEADER_LEN] {
    let mut header = [VERSION; HEADER_LEN];
    let [_, id @ ..] = &mut header;
    *id = *root_key.as_bytes();
    header
}

const VERSION: u8 = 1;
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
        for version in [0, 2, 255] {
            let mut other = bytes.clone();
            other[0] = version;
            assert!(WrappedKey::from_bytes(other).is_err(), "version {version}");
        }
    }
}

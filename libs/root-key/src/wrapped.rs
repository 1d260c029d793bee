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

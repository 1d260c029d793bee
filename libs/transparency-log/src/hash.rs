//! The hashes of RFC 6962, section 2.1.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{Sha256, sha256};

use crate::error::LogError;

/// The hash of a leaf, of a subtree or of the whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; Hash::LEN]);

impl Hash {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// These bytes.
    #[must_use]
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads base64.
    ///
    /// # Errors
    /// [`LogError::Hashes`] unless it is exactly one hash.
    pub fn from_base64(text: &str) -> Result<Self, LogError> {
        let bytes = STANDARD.decode(text).map_err(|_| LogError::Hashes)?;
        bytes.try_into().map(Self).map_err(|_| LogError::Hashes)
    }

    /// Reads hashes one behind the other, as a tile has them.
    ///
    /// # Errors
    /// [`LogError::Hashes`] when bytes are left over.
    pub fn list(bytes: &[u8]) -> Result<Vec<Self>, LogError> {
        let (hashes, rest) = bytes.as_chunks::<{ Self::LEN }>();
        if rest.is_empty() {
            Ok(hashes.iter().map(|hash| Self(*hash)).collect())
        } else {
            Err(LogError::Hashes)
        }
    }
}

impl fmt::Display for Hash {
    /// Base64, as checkpoints and proofs have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of a leaf.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut digest = Sha256::new();
    digest.update(&[LEAF]);
    digest.update(entry);
    Hash(digest.finish())
}

/// The hash of a subtree, from those of its halves.
#[must_use]
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update(&[NODE]);
    digest.update(&left.0);
    digest.update(&right.0);
    Hash(digest.finish())
}

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Hash(sha256(b""))
}

const LEAF: u8 = 0;
const NODE: u8 = 1;

#[cfg(test)]
mod tests {
    use keywright_crypto::hex_lower;

    use super::*;

    #[test]
    fn the_known_vectors_of_certificate_transparency_hold() {
        // The reference implementation's test vectors for RFC 6962.
        assert_eq!(
            hex_lower(empty_root().as_bytes()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex_lower(leaf_hash(b"").as_bytes()),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            hex_lower(node_hash(leaf_hash(b""), leaf_hash(b"\0")).as_bytes()),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }

    #[test]
    fn a_list_has_whole_hashes_only() {
        let hash = leaf_hash(b"a");
        assert_eq!(Hash::list(hash.as_bytes()), Ok(vec![hash]));
        assert_eq!(Hash::list(b"short"), Err(LogError::Hashes));
        assert_eq!(Hash::from_base64(&hash.to_string()), Ok(hash));
        assert_eq!(Hash::from_base64("AAAA"), Err(LogError::Hashes));
    }
}

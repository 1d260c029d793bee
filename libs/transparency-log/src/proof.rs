//! Proofs, checked.
//!
//! <https://www.rfc-editor.org/rfc/rfc9162#section-2.1>

use crate::error::LogError;
use crate::hash::{Hash, node_hash};

/// Checks that `leaf` is the hash of leaf `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// [`LogError::Range`] or [`LogError::Proof`].
pub fn verify_inclusion(
    proof: &[Hash],
    index: u64,
    leaf: Hash,
    size: u64,
    root: Hash,
) -> Result<(), LogError> {
    if index >= size {
        return Err(LogError::Range { asked: index, size });
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(LogError::Proof);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(*sibling, hash);
            // The last node of a level without a sibling is its parent's hash.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == root { Ok(()) } else { Err(LogError::Proof) }
}

/// Checks that the tree of `size` leaves with root `root` begins with the leaves of the one of `old` leaves.
///
/// # Errors
/// [`LogError::Range`] or [`LogError::Proof`].
pub fn verify_consistency(
    proof: &[Hash],
    old: u64,
    old_root: Hash,
    size: u64,
    root: Hash,
) -> Result<(), LogError> {
    if old > size {
        return Err(LogError::Range { asked: old, size });
    }
    if old == size {
        return if proof.is_empty() && old_root == root { Ok(()) } else { Err(LogError::Proof) };
    }
    if old == 0 {
        let empty = proof.is_empty() && old_root == crate::hash::empty_root();
        return if empty { Ok(()) } else { Err(LogError::Proof) };
    }
    let mut rest = proof.iter().copied();
    let first = if old.is_power_of_two() { old_root } else { rest.next().ok_or(LogError::Proof)? };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut of_old, mut of_new) = (first, first);
    for hash in rest {
        if last == 0 {
            return Err(LogError::Proof);
        }
        if at & 1 == 1 || at == last {
            of_old = node_hash(hash, of_old);
            of_new = node_hash(hash, of_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            of_new = node_hash(of_new, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && of_old == old_root && of_new == root { Ok(()) } else { Err(LogError::Proof) }
}

//! The encryption context: pairs of text that a ciphertext is bound to.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>

use std::collections::BTreeMap;

use crate::error::Error;

/// A request's encryption context, within AWS's limit. The order in which a caller lists the pairs doesn't matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct EncryptionContext<'a>(Option<&'a BTreeMap<String, String>>);

impl<'a> EncryptionContext<'a> {
    /// Checks the pairs of a request; none is the empty context.
    ///
    /// # Errors
    /// [`Error::ContextTooLong`] when keys and values have more than 8192 characters together.
    pub fn new(pairs: Option<&'a BTreeMap<String, String>>) -> Result<Self, Error> {
        let characters =
            pairs.into_iter().flatten().map(|(key, value)| key.chars().count() + value.chars().count());
        if characters.sum::<usize>() > MAX_CHARACTERS { Err(Error::ContextTooLong) } else { Ok(Self(pairs)) }
    }

    /// The pairs, by key.
    pub fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many bytes [`append_canonical`](Self::append_canonical) appends.
    #[must_use]
    pub fn canonical_len(self) -> usize {
        self.pairs().map(|(key, value)| 2 * LENGTH_LEN + key.len() + value.len()).sum::<usize>() + LENGTH_LEN
    }

    /// Appends the one form that all spellings of a context share: the number of pairs, then each pair in the order of
    /// the keys' bytes, both parts behind their lengths; numbers are 32 bits, big-endian.
    pub fn append_canonical(self, out: &mut Vec<u8>) {
        let count = self.0.map_or(0, BTreeMap::len);
        append_length(out, count);
        for (key, value) in self.pairs() {
            for part in [key, value] {
                append_length(out, part.len());
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
}

/// Lengths are far below 2^32: a context has at most 8192 characters.
fn append_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

const MAX_CHARACTERS: usize = 8192;
const LENGTH_LEN: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(pairs: &BTreeMap<String, String>) -> Vec<u8> {
        let context = EncryptionContext::new(Some(pairs)).unwrap();
        let mut out = Vec::new();
        context.append_canonical(&mut out);
        assert_eq!(out.len(), context.canonical_len());
        out
    }

    #[test]
    fn no_context_is_the_empty_context() {
        let mut out = Vec::new();
        EncryptionContext::default().append_canonical(&mut out);
        assert_eq!(out, canonical(&BTreeMap::new()));
    }

    #[test]
    fn a_context_is_bounded_by_its_characters() {
        let of = |length: usize| BTreeMap::from([("k".to_owned(), "ä".repeat(length))]);
        assert!(EncryptionContext::new(Some(&of(8191))).is_ok());
        assert!(matches!(EncryptionContext::new(Some(&of(8192))), Err(Error::ContextTooLong)));
    }

    proptest! {
        #[test]
        fn different_contexts_have_different_forms(
            a in proptest::collection::btree_map("[ab]{0,3}", "[ab]{0,3}", 0..4),
            b in proptest::collection::btree_map("[ab]{0,3}", "[ab]{0,3}", 0..4),
        ) {
            prop_assert_eq!(a == b, canonical(&a) == canonical(&b));
        }

        #[test]
        fn the_order_of_the_pairs_does_not_matter(
            pairs in proptest::collection::vec((".{0,8}", ".{0,8}"), 0..6)
        ) {
            let forward: BTreeMap<String, String> = pairs.iter().cloned().collect();
            let mut backward = BTreeMap::new();
            for (key, value) in pairs.iter().rev() {
                backward.entry(key.clone()).or_insert_with(|| value.clone());
            }
            prop_assert_eq!(canonical(&forward), canonical(&backward));
        }
    }
}

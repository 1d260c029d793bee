//! The encryption context: pairs of text that are authenticated with a message, and not secret.

use std::collections::BTreeMap;

use crate::error::{Error, Part};
use crate::message::wire::{Cursor, put_long};

/// Pairs of text that belong to a message: authenticated, stored in it in plain, and to be found in KMS's audit records.
///
/// ```
/// use keywright_encryption_sdk::EncryptionContext;
///
/// let context = EncryptionContext::from([("purpose", "backup"), ("customer", "4711")]);
/// assert_eq!(context.get("purpose"), Some("backup"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// No pairs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair, in place of one of the same key.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), value.into());
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there is a pair of this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The pairs in the order of their keys' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs whose keys are in `keys`, and the others.
    pub(crate) fn partition(&self, keys: &[String]) -> (Self, Self) {
        let (within, without) = self.0.clone().into_iter().partition(|(key, _)| keys.contains(key));
        (Self(within), Self(without))
    }

    /// The canonical form: how many pairs there are, and each by the order of the keys' bytes. Nothing for no pairs.
    ///
    /// # Errors
    /// [`Error::EncryptionContext`] when it is longer than the format allows.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        if self.is_empty() {
            return Ok(out);
        }
        let too_long = |key: Option<&str>| Error::context("too long", key);
        let count = u16::try_from(self.len()).map_err(|_| too_long(None))?;
        out.extend_from_slice(&count.to_be_bytes());
        for (key, value) in self.iter() {
            put_long(&mut out, key.as_bytes()).ok_or_else(|| too_long(Some(key)))?;
            put_long(&mut out, value.as_bytes()).ok_or_else(|| too_long(Some(key)))?;
        }
        if out.len() > usize::from(u16::MAX) {
            return Err(too_long(None));
        }
        Ok(out)
    }

    /// Reads what [`serialize`](Self::serialize) wrote, all of it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut pairs = BTreeMap::new();
        if bytes.is_empty() {
            return Ok(Self(pairs));
        }
        let malformed = |reason| Error::malformed(Part::Header, reason);
        let ends_early = |_| malformed("encryption context ends early");
        let mut cursor = Cursor::new(bytes);
        let count = cursor.u16().map_err(ends_early)?;
        if count == 0 {
            return Err(malformed("encryption context has no pairs"));
        }
        for _ in 0..count {
            let key = cursor.long().map_err(ends_early)?;
            let value = cursor.long().map_err(ends_early)?;
            let key = str::from_utf8(key).map_err(|_| malformed("encryption context is not utf-8"))?;
            let value = str::from_utf8(value).map_err(|_| malformed("encryption context is not utf-8"))?;
            if pairs.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(malformed("encryption context has a key twice"));
            }
        }
        if !cursor.is_at_end() {
            return Err(malformed("encryption context is followed by other data"));
        }
        Ok(Self(pairs))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for EncryptionContext {
    fn from(pairs: [(K, V); N]) -> Self {
        Self::from_iter(pairs)
    }
}

impl Extend<(String, String)> for EncryptionContext {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        self.0.extend(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_has_the_order_of_the_keys_bytes() {
        let context = EncryptionContext::from([("b", "2"), ("é", ""), ("a", "1"), ("B", "3")]);
        let expected = b"\x00\x04\
            \x00\x01B\x00\x013\x00\x01a\x00\x011\x00\x01b\x00\x012\x00\x02\xc3\xa9\x00\x00";
        assert_eq!(context.serialize().unwrap(), expected);
        assert_eq!(EncryptionContext::parse(expected).unwrap(), context);
        assert_eq!(EncryptionContext::new().serialize().unwrap(), b"");
        assert!(EncryptionContext::parse(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_a_context_is_refused() {
        let wrong: [&[u8]; 8] = [
            b"\x00",
            b"\x00\x00",
            b"\x00\x01",
            b"\x00\x01\x00\x01a\x00\x01",
            b"\x00\x02\x00\x01a\x00\x00",
            b"\x00\x01\x00\x01a\x00\x00x",
            b"\x00\x01\x00\x01\xff\x00\x00",
            b"\x00\x02\x00\x01a\x00\x00\x00\x01a\x00\x00",
        ];
        for bytes in wrong {
            let refused = EncryptionContext::parse(bytes).unwrap_err();
            assert!(matches!(refused, Error::Malformed { part: Part::Header, .. }), "{bytes:?}");
        }
    }

    #[test]
    fn what_the_format_has_no_room_for_is_refused() {
        let long = "x".repeat(65536);
        let half = "x".repeat(33000);
        for context in [
            EncryptionContext::from([("a", long.as_str())]),
            EncryptionContext::from([(long.as_str(), "a")]),
            EncryptionContext::from([("a", half.as_str()), ("b", half.as_str())]),
            (0..65536).map(|n| (n.to_string(), "")).collect(),
        ] {
            assert!(matches!(context.serialize(), Err(Error::EncryptionContext { reason: "too long", .. })));
        }
        let longest = EncryptionContext::from([("a", "x".repeat(65535 - 2 - 5))]);
        assert_eq!(longest.serialize().unwrap().len(), 65535);
    }
}

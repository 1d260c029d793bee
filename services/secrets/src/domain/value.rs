//! The value of a secret: text or bytes.

use keywright_aws_api::shape::SecretBlob;
use keywright_crypto::{SecretBytes, SecretString, constant_time_eq};

use crate::error::Error;

/// A value, and whether it is text.
#[derive(Debug)]
pub struct SecretValue {
    kind: ValueKind,
    bytes: SecretBytes,
}

/// Which of the two members a value came in and goes out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `SecretString`.
    String,
    /// `SecretBinary`.
    Binary,
}

impl SecretValue {
    /// The most bytes that a value has.
    pub const MAX_BYTES: usize = 65_536;

    /// The value of a request, where it has one.
    ///
    /// # Errors
    /// [`Error::TwoValues`], or [`Error::ValueTooLong`] for text whose characters are few enough, but not its bytes.
    pub fn of_request(
        secret_string: Option<&SecretString>,
        secret_binary: Option<&SecretBlob>,
    ) -> Result<Option<Self>, Error> {
        match (secret_string, secret_binary) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(Error::TwoValues),
            (Some(text), None) if text.len() > Self::MAX_BYTES => {
                Err(Error::ValueTooLong { member: "secretString" })
            }
            (Some(text), None) => Ok(Some(Self::new(ValueKind::String, text.clone().into_bytes()))),
            (None, Some(blob)) => Ok(Some(Self::new(ValueKind::Binary, blob.as_secret().clone()))),
        }
    }

    /// A value of this kind.
    #[must_use]
    pub fn new(kind: ValueKind, bytes: SecretBytes) -> Self {
        Self { kind, bytes }
    }

    /// Text or bytes.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// The bytes; of text, its UTF-8.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.bytes.expose_secret()
    }

    /// The bytes, taken.
    #[must_use]
    pub fn into_bytes(self) -> SecretBytes {
        self.bytes
    }

    /// Whether it is the same value, of the same kind. The time it takes says nothing but the length.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.kind == other.kind && constant_time_eq(self.expose_secret(), other.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> SecretString {
        SecretString::new(value.to_owned())
    }

    #[test]
    fn a_request_has_one_value_or_none() {
        let blob = SecretBlob::new(SecretBytes::new(b"x".to_vec()));
        assert!(SecretValue::of_request(None, None).unwrap().is_none());
        let refused = SecretValue::of_request(Some(&text("x")), Some(&blob));
        assert!(matches!(refused, Err(Error::TwoValues)));
        let string = SecretValue::of_request(Some(&text("x")), None).unwrap().unwrap();
        let binary = SecretValue::of_request(None, Some(&blob)).unwrap().unwrap();
        assert_eq!((string.kind(), binary.kind()), (ValueKind::String, ValueKind::Binary));
        assert!(!string.is_same_as(&binary), "text is not the bytes of it");
        assert!(string.is_same_as(&SecretValue::new(ValueKind::String, SecretBytes::new(b"x".to_vec()))));
    }

    #[test]
    fn the_limit_is_in_bytes() {
        assert!(SecretValue::of_request(Some(&text(&"é".repeat(32_768))), None).is_ok());
        let refused = SecretValue::of_request(Some(&text(&"é".repeat(32_769))), None);
        assert!(matches!(refused, Err(Error::ValueTooLong { member: "secretString" })));
    }
}

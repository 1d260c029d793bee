//! The types a secret lives in: erased on drop, redacted in `Debug`, never serialized, displayed or compared by `==`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, Random};

/// Secret bytes of any length: a plaintext, key material, the value of a secret.
///
/// Deserializes from standard base64 with padding, as AWS's JSON carries blobs.
#[derive(Clone, Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes ownership, so no unerased copy stays behind. A vector that grew before has left copies already:
    /// reserve its capacity first.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves. Every use of a secret can be found by this name.
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// The length in bytes, which is not treated as secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes in standard base64 with padding.
    pub fn to_base64(&self) -> SecretString {
        SecretString(STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes, redacted)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SecretString::deserialize(deserializer)?;
        // The decoder's own error names the offending byte, which is part of the secret.
        STANDARD.decode(&text.0).map(Self).map_err(|_| D::Error::custom("not valid base64"))
    }
}

/// Secret text: a passphrase, a secret access key, a `SecretString` of Secrets Manager.
#[derive(Clone, Default)]
pub struct SecretString(String);

impl SecretString {
    /// Takes ownership, so no unerased copy stays behind.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Every use of a secret can be found by this name.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// The length in bytes, which is not treated as secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The UTF-8 bytes, without a copy.
    pub fn into_bytes(mut self) -> SecretBytes {
        SecretBytes(std::mem::take(&mut self.0).into_bytes())
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretString({} bytes, redacted)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The format's own error may quote what stands there instead: a number can be a mistyped secret.
        String::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("expected a string"))
    }
}

// Both are emptied first: what has no bytes has spare capacity only, which is erased at once and not byte by byte.

impl Zeroize for SecretBytes {
    fn zeroize(&mut self) {
        self.0.clear();
        self.0.zeroize();
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl Zeroize for SecretString {
    fn zeroize(&mut self) {
        self.0.clear();
        self.0.zeroize();
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SecretString {}

/// A key of 256 bits, held inline without an allocation.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key256([u8; 32]);

impl Key256 {
    /// A key's length in bytes.
    pub const LEN: usize = 32;

    /// Uses these bytes as the key. The caller's array is a copy: erase it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Copies exactly 32 bytes.
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`] for any other length.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self, CryptoError> {
        let key =
            bytes.try_into().map_err(|_| CryptoError::KeyLength { expected: 32, actual: bytes.len() })?;
        Ok(Self(key))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`] when the source fails.
    pub fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        Self::fill_with(|key| random.fill(key))
    }

    /// Lets `fill` write the key in its place.
    pub(crate) fn fill_with(
        fill: impl FnOnce(&mut [u8; 32]) -> Result<(), CryptoError>,
    ) -> Result<Self, CryptoError> {
        let mut key = Zeroizing::new([0; 32]);
        fill(&mut key)?;
        Ok(Self(*key))
    }

    /// The bytes themselves. Every use of a secret can be found by this name.
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key256(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile when the type has the trait, as `check` is ambiguous then.
    macro_rules! assert_lacks {
        ($type:ty: $($trait:path),+) => {{
            $({
                trait Ambiguous<Marker> {
                    fn check() {}
                }
                struct HasIt;
                impl<T: ?Sized> Ambiguous<()> for T {}
                impl<T: ?Sized + $trait> Ambiguous<HasIt> for T {}
                <$type as Ambiguous<_>>::check();
            })+
        }};
    }

    #[test]
    fn secrets_can_not_be_displayed_serialized_or_compared() {
        assert_lacks!(SecretBytes: fmt::Display, serde::Serialize, PartialEq, Copy, AsRef<[u8]>);
        assert_lacks!(SecretString: fmt::Display, serde::Serialize, PartialEq, Copy, AsRef<str>);
        assert_lacks!(Key256: fmt::Display, serde::Serialize, PartialEq, Copy, AsRef<[u8]>);
    }

    #[test]
    fn secrets_are_erased_on_drop() {
        fn erases<T: ZeroizeOnDrop>() {}
        erases::<SecretBytes>();
        erases::<SecretString>();
        erases::<Key256>();

        let mut bytes = SecretBytes::new(b"secret".to_vec());
        bytes.zeroize();
        assert!(bytes.is_empty());
        let mut key = Key256::from_bytes([7; 32]);
        key.zeroize();
        assert_eq!(key.expose_secret(), &[0; 32]);
    }

    #[test]
    fn debug_shows_the_length_only() {
        assert_eq!(format!("{:?}", SecretBytes::new(b"hunter2".to_vec())), "SecretBytes(7 bytes, redacted)");
        assert_eq!(format!("{:#?}", SecretString::new("hunter2".into())), "SecretString(7 bytes, redacted)");
        assert_eq!(format!("{:?}", Key256::from_bytes([7; 32])), "Key256(redacted)");
    }

    #[test]
    fn text_and_base64_convert_without_loss() {
        let text = SecretString::new("héllo".into());
        assert_eq!(text.len(), 6);
        let bytes = text.into_bytes();
        assert_eq!(bytes.expose_secret(), "héllo".as_bytes());
        assert_eq!(bytes.to_base64().expose_secret(), "aMOpbGxv");
        assert!(SecretString::default().is_empty());
    }

    #[test]
    fn a_key_takes_32_bytes_only() {
        assert_eq!(Key256::try_from_slice(&[9; 32]).unwrap().expose_secret(), &[9; 32]);
        for actual in [0, 16, 31, 33] {
            let refusal = Key256::try_from_slice(&vec![9; actual]).unwrap_err();
            assert_eq!(refusal, CryptoError::KeyLength { expected: 32, actual });
        }
    }

    #[test]
    fn members_of_requests_deserialize() {
        let text: SecretString = serde_json::from_str(r#""a\u0062c""#).unwrap();
        assert_eq!(text.expose_secret(), "abc");
        let bytes: SecretBytes = serde_json::from_str(r#""AP8=""#).unwrap();
        assert_eq!(bytes.expose_secret(), [0, 255]);
    }

    #[test]
    fn errors_of_deserializing_do_not_quote_the_value() {
        for wrong in
            ["\"hunter2!\"", "\"aGk\"", "20406080", "-20406080", "20406.5", "true", "null", "[\"hunter2\"]"]
        {
            let error = serde_json::from_str::<SecretBytes>(wrong).unwrap_err().to_string();
            let quoted = ["hunter2", "aGk", "20406", "!"].iter().find(|part| error.contains(**part));
            assert_eq!(quoted, None, "{error}");
        }
        let error = serde_json::from_str::<SecretString>("20406080").unwrap_err().to_string();
        assert!(error.starts_with("expected a string"), "{error}");
    }
}

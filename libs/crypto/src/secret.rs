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
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
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
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
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
        deserializer.deserialize_string(TextVisitor).map(Self)
    }
}

/// Takes text only, and never quotes what it got in an error as serde's own visitor would.
struct TextVisitor;

impl serde::de::Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<String, E> {
        Err(E::custom("invalid type: boolean, expected a string"))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<String, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<String, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<String, E> {
        Err(E::custom(NUMBER))
    }
}

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

const NUMBER: &str = "invalid type: number, expected a string";

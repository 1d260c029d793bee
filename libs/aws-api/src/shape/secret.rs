//! Secret members: a plaintext, the value of a secret, a password.

use std::fmt;

use base64::display::Base64Display;
use keywright_crypto::{SecretBytes, SecretString};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::blob::{BASE64, Base64Visitor};
use super::check::Facets;
use super::{Kind, Shape};

/// Secret bytes in a request: base64 on the wire, erased on drop, never shown.
#[derive(Debug, Clone)]
pub struct SecretBlob(SecretBytes);

impl SecretBlob {
    /// Wraps bytes, as a test or an internal caller does.
    pub fn new(bytes: SecretBytes) -> Self {
        Self(bytes)
    }

    /// The secret, taken.
    pub fn into_secret(self) -> SecretBytes {
        self.0
    }

    /// The secret, borrowed.
    pub fn as_secret(&self) -> &SecretBytes {
        &self.0
    }

    /// The bytes themselves.
    pub fn expose_secret(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl<'de> Deserialize<'de> for SecretBlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64Visitor).map(|bytes| Self(SecretBytes::new(bytes)))
    }
}

impl Shape for SecretBlob {
    type Wire = Self;
    const KIND: Kind = Kind::Blob;
    const SENSITIVE: bool = true;

    fn facets(wire: &Self) -> Facets<'_> {
        Facets::of_length(wire.0.len())
    }

    fn build(wire: Self) -> Option<Self> {
        Some(wire)
    }
}

impl Shape for SecretString {
    type Wire = SecretText;
    const KIND: Kind = Kind::String;
    const SENSITIVE: bool = true;

    fn facets(wire: &SecretText) -> Facets<'_> {
        Facets::of_text(wire.0.expose_secret())
    }

    fn build(wire: SecretText) -> Option<Self> {
        Some(wire.0)
    }
}

/// The wire form of a [`SecretString`]: its errors say which type was expected, and nothing of the value.
#[derive(Debug)]
pub struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SecretTextVisitor)
    }
}

struct SecretTextVisitor;

impl Visitor<'_> for SecretTextVisitor {
    type Value = SecretText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretText, E> {
        Ok(SecretText(SecretString::new(text.to_owned())))
    }
}

/// Secret bytes in an answer. The one type that writes them to the wire, and only an output has it.
#[derive(Debug)]
pub struct PlaintextOut(pub SecretBytes);

impl Serialize for PlaintextOut {
    /// Straight into the answer's buffer, with no copy of the base64 text in between.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0.expose_secret(), &BASE64))
    }
}

/// Secret text in an answer. The one type that writes it to the wire, and only an output has it.
#[derive(Debug)]
pub struct SecretTextOut(pub SecretString);

impl Serialize for SecretTextOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

//! Verifier keys, by which notes are checked: `name+id+key`.
//!
//! <https://c2sp.org/signed-note>

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{KeyPairSpec, Message, PublicKey, Sha256, SignatureAlgorithm, hex_lower};

use crate::error::LogError;

/// Who signs notes: a name, and an Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: [u8; KEY_LEN],
}

/// What a signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// That the note is the signer's.
    Note,
    /// When a witness has seen the checkpoint, which is consistent with all others it has seen (`tlog-cosignature`).
    Cosignature,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

impl VerifierKey {
    /// The key of this name; the public key is a DER `SubjectPublicKeyInfo`, as KMS's `GetPublicKey` gives it.
    ///
    /// # Errors
    /// [`LogError::Key`] when the name or the key isn't one.
    pub fn from_spki(name: &str, kind: KeyKind, spki: &[u8]) -> Result<Self, LogError> {
        let raw = spki.strip_prefix(SPKI_PREFIX).ok_or(LogError::Key("it is no ed25519 public key"))?;
        Self::new(name, kind, raw)
    }

    fn new(name: &str, kind: KeyKind, raw: &[u8]) -> Result<Self, LogError> {
        if !is_name(name) {
            return Err(LogError::Key("its name is empty, or has a space or a plus sign"));
        }
        let key = raw.try_into().map_err(|_| LogError::Key("it is no ed25519 public key"))?;
        let key = Self { name: name.to_owned(), kind, key };
        key.public()?;
        Ok(key)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its signatures say.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The id by which signatures name it.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let mut digest = Sha256::new();
        digest.update(self.name.as_bytes());
        digest.update(&[b'\n', self.kind.byte()]);
        digest.update(&self.key);
        let [a, b, c, d, ..] = digest.finish();
        [a, b, c, d]
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), LogError> {
        self.public()?
            .verify(SignatureAlgorithm::Ed25519Sha512, Message::Raw(message), signature)
            .map_err(|_| LogError::Signature(self.name.clone()))
    }

    fn public(&self) -> Result<PublicKey, LogError> {
        let spki = [SPKI_PREFIX, &self.key].concat();
        PublicKey::from_spki(KeyPairSpec::Ed25519, &spki)
            .map_err(|_| LogError::Key("it is no ed25519 public key"))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.byte()];
        key.extend_from_slice(&self.key);
        write!(f, "{}+{}+{}", self.name, hex_lower(&self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LogError::Key("it is not NAME+ID+KEY"));
        };
        let key = STANDARD.decode(key).map_err(|_| LogError::Key("its key is not base64"))?;
        let (kind, raw) = match key.split_first() {
            Some((0x01, raw)) => (KeyKind::Note, raw),
            Some((0x04, raw)) => (KeyKind::Cosignature, raw),
            _ => return Err(LogError::Key("its kind is not known")),
        };
        let key = Self::new(name, kind, raw)?;
        if hex_lower(&key.id()) == id {
            Ok(key)
        } else {
            Err(LogError::Key("its id is not that of its name and key"))
        }
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|char| char.is_whitespace() || char == '+')
}

const KEY_LEN: usize = 32;
/// What stands before the key in a `SubjectPublicKeyInfo` of Ed25519 (RFC 8410).
const SPKI_PREFIX: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_key_of_an_example_is_read_and_written() {
        let key: VerifierKey = PETER.parse().unwrap();
        assert_eq!(
            (key.name(), key.kind(), key.id()),
            ("PeterNeumann", KeyKind::Note, [0xc7, 0x4f, 0x20, 0xa3])
        );
        assert_eq!(key.to_string(), PETER);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (from, to) in [
            ("Peter", "Pet er"),
            ("Peter", "Paul"),
            ("c74f20a3", "c74f20a4"),
            ("ARpc", "AVpc"),
            ("+AR", "+!R"),
            ("TW", ""),
        ] {
            assert!(PETER.replacen(from, to, 1).parse::<VerifierKey>().is_err(), "{from} -> {to}");
        }
        for text in ["", "a", "a+b", "++"] {
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
    }
}

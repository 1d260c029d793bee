//! Signed notes.
//!
//! <https://c2sp.org/signed-note>

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::LogError;
use crate::key::{KeyKind, VerifierKey, is_name};

/// A text with signatures, which are good only for who knows their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The signer's name.
    pub name: String,
    /// The id of the signer's key.
    pub id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

impl Note {
    /// A text without signatures.
    ///
    /// # Errors
    /// [`LogError::Note`] unless it ends its last line and has no control characters.
    pub fn new(text: String) -> Result<Self, LogError> {
        if !text.ends_with('\n') {
            return Err(LogError::Note("its text does not end a line"));
        }
        if text.chars().any(|char| char < ' ' && char != '\n') {
            return Err(LogError::Note("its text has control characters"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`LogError::Note`].
    pub fn parse(note: &str) -> Result<Self, LogError> {
        if note.len() > MAX_BYTES {
            return Err(LogError::Note("it is too long"));
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(LogError::Note("it has no signatures"))?;
        let mut parsed = Self::new(format!("{text}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or(LogError::Note("it does not end a line"))?;
        for line in lines.split('\n') {
            parsed
                .signatures
                .push(NoteSignature::parse(line).ok_or(LogError::Note("a signature line is none"))?);
            if parsed.signatures.len() > MAX_SIGNATURES {
                return Err(LogError::Note("it has too many signatures"));
            }
        }
        Ok(parsed)
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature of the [text](Self::text) by a key, when it is right.
    ///
    /// # Errors
    /// [`LogError::Signature`].
    pub fn add(&mut self, key: &VerifierKey, bytes: Vec<u8>) -> Result<(), LogError> {
        let signature = NoteSignature { name: key.name().to_owned(), id: key.id(), bytes };
        self.check(key, &signature)?;
        self.signatures.push(signature);
        Ok(())
    }

    /// Checks that a key has signed; says when, for a cosignature, in seconds since 1970.
    ///
    /// # Errors
    /// [`LogError::Unsigned`] or [`LogError::Signature`].
    pub fn verify(&self, key: &VerifierKey) -> Result<Option<u64>, LogError> {
        let mut outcome = Err(LogError::Unsigned(key.name().to_owned()));
        for signature in self.signatures.iter().filter(|one| one.name == key.name() && one.id == key.id()) {
            outcome = self.check(key, signature);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn check(&self, key: &VerifierKey, signature: &NoteSignature) -> Result<Option<u64>, LogError> {
        match key.kind() {
            KeyKind::Note => key.verify(self.text.as_bytes(), &signature.bytes).map(|()| None),
            KeyKind::Cosignature => {
                let parts = signature.bytes.split_first_chunk::<8>();
                let (time, signature) = parts.ok_or_else(|| LogError::Signature(key.name().to_owned()))?;
                let time = u64::from_be_bytes(*time);
                let message = format!("cosignature/v1\ntime {time}\n{}", self.text);
                key.verify(message.as_bytes(), signature).map(|()| Some(time))
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| {
            let bytes = [signature.id.as_slice(), &signature.bytes].concat();
            writeln!(f, "\u{2014} {} {}", signature.name, STANDARD.encode(bytes))
        })
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        let signature = Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() };
        (is_name(name) && !bytes.is_empty()).then_some(signature)
    }
}

/// As Go's implementation has it.
const MAX_BYTES: usize = 1_000_000;
const MAX_SIGNATURES: usize = 100;

#[cfg(test)]
mod tests {
    use keywright_crypto::{KeyPairSpec, Message, PrivateKey, SignatureAlgorithm, SystemRandom};

    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`.
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_note_of_an_example_is_good_and_a_changed_one_is_not() {
        let key = PETER.parse().unwrap();
        let note = Note::parse(NOTE).unwrap();
        assert_eq!(note.verify(&key), Ok(None));
        assert_eq!(note.to_string(), NOTE);
        let changed = Note::parse(&NOTE.replace("know", "knew")).unwrap();
        assert_eq!(changed.verify(&key), Err(LogError::Signature("PeterNeumann".to_owned())));
        let other = Note::parse(&NOTE.replace("x08g", "x08h")).unwrap();
        assert_eq!(other.verify(&key), Err(LogError::Unsigned("PeterNeumann".to_owned())));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for (from, to) in [
            ("\n\n", "\n"),
            ("=\n", "="),
            ("\u{2014} ", "- "),
            ("Neumann x", "Neumann  x"),
            ("If", "\tIf"),
            ("x08go", "!"),
        ] {
            assert!(Note::parse(&NOTE.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn a_cosignature_tells_its_time() {
        let private = PrivateKey::generate(KeyPairSpec::Ed25519, &SystemRandom).unwrap();
        let key =
            |kind| VerifierKey::from_spki("witness.example", kind, private.public_key().spki()).unwrap();
        let mut note = Note::new("log\n1\nroot\n".to_owned()).unwrap();
        let message = b"cosignature/v1\ntime 1700000000\nlog\n1\nroot\n";
        let signed = private.sign(SignatureAlgorithm::Ed25519Sha512, Message::Raw(message)).unwrap();
        let at = |time: u64| [time.to_be_bytes().as_slice(), &signed].concat();
        note.add(&key(KeyKind::Cosignature), at(1_700_000_000)).unwrap();
        assert!(note.add(&key(KeyKind::Cosignature), at(1_700_000_001)).is_err());
        assert!(note.add(&key(KeyKind::Cosignature), vec![0; 7]).is_err());
        let read = Note::parse(&note.to_string()).unwrap();
        let again: VerifierKey = key(KeyKind::Cosignature).to_string().parse().unwrap();
        assert_eq!(read.verify(&again), Ok(Some(1_700_000_000)));
        assert!(matches!(read.verify(&key(KeyKind::Note)), Err(LogError::Unsigned(_))));
    }
}

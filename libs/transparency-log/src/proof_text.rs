//! An inclusion proof as a text that holds all that is needed to check it.
//!
//! <https://c2sp.org/tlog-proof>

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::Checkpoint;
use crate::error::LogError;
use crate::hash::{Hash, leaf_hash};
use crate::key::VerifierKey;
use crate::note::Note;
use crate::proof::verify_inclusion;

/// A proof with the record it is about, and the checkpoint of its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofText {
    /// The record.
    pub record: Vec<u8>,
    /// Its leaf.
    pub index: u64,
    /// The hashes.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: Note,
}

impl ProofText {
    /// Checks signature and proof; gives the checkpoint.
    ///
    /// # Errors
    /// Whatever is wrong, as a [`LogError`].
    pub fn verify(&self, key: &VerifierKey) -> Result<Checkpoint, LogError> {
        self.checkpoint.verify(key)?;
        let checkpoint = Checkpoint::parse(self.checkpoint.text())?;
        if checkpoint.origin != key.name() {
            return Err(LogError::Checkpoint("it is another log's"));
        }
        verify_inclusion(&self.proof, self.index, leaf_hash(&self.record), checkpoint.size, checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for ProofText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}\nindex {}", STANDARD.encode(&self.record), self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for ProofText {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(LogError::Proof)?;
        let mut lines = proof.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(LogError::Proof);
        }
        let record = lines.next().and_then(|line| line.strip_prefix("extra ")).ok_or(LogError::Proof)?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(LogError::Proof)?;
        Ok(Self {
            record: STANDARD.decode(record).map_err(|_| LogError::Proof)?,
            index: index.parse().map_err(|_| LogError::Proof)?,
            proof: lines.map(Hash::from_base64).collect::<Result<_, _>>()?,
            checkpoint: Note::parse(checkpoint)?,
        })
    }
}

const HEADER: &str = "c2sp.org/tlog-proof@v1";

#[cfg(test)]
mod tests {
    use keywright_crypto::{KeyPairSpec, Message, PrivateKey, SignatureAlgorithm, SystemRandom};

    use super::*;
    use crate::hash::node_hash;
    use crate::key::KeyKind;

    #[test]
    fn a_text_proves_its_own_record_only() {
        let private = PrivateKey::generate(KeyPairSpec::Ed25519, &SystemRandom).unwrap();
        let key = VerifierKey::from_spki("log", KeyKind::Note, private.public_key().spki()).unwrap();
        let (record, other) = (b"{\"a\":1}".to_vec(), leaf_hash(b"other"));
        let root = node_hash(other, leaf_hash(&record));
        let mut checkpoint =
            Note::new(Checkpoint { origin: "log".to_owned(), size: 2, root }.text()).unwrap();
        let signature = private
            .sign(SignatureAlgorithm::Ed25519Sha512, Message::Raw(checkpoint.text().as_bytes()))
            .unwrap();
        checkpoint.add(&key, signature).unwrap();
        let proof = ProofText { record, index: 1, proof: vec![other], checkpoint };
        let read: ProofText = proof.to_string().parse().unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.verify(&key).unwrap().size, 2);
        assert_eq!(ProofText { index: 0, ..read.clone() }.verify(&key), Err(LogError::Proof));
        assert_eq!(ProofText { record: b"{}".to_vec(), ..read }.verify(&key), Err(LogError::Proof));
        for (from, to) in [("extra ", "extra !"), ("index 1", "index one"), ("@v1", "@v2"), ("\n\n", "\n")] {
            assert!(proof.to_string().replacen(from, to, 1).parse::<ProofText>().is_err(), "{from}");
        }
    }
}

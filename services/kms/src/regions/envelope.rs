//! What a message between Regions looks like on the wire: sealed from the sender's key pair to the receiver's (HPKE,
//! RFC 9180, with an authenticated sender), bound to both Regions; an answer is bound to the message it answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::Region;
use keywright_crypto::{
    CryptoError, HpkePrivateKey, HpkePublicKey, Random, SecretBytes, Sha256, hpke_open_auth, hpke_seal_auth,
};
use serde::{Deserialize, Serialize};

/// A sealed message; only its Regions can be read by others.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Envelope {
    /// Whose message it says to be.
    pub from: Region,
    /// For whom it is.
    pub to: Region,
    /// The encapsulated key, in base64.
    enc: String,
    /// The ciphertext, in base64.
    sealed: String,
}

/// What an answer is bound to: the message that it answers.
#[derive(Clone, Copy)]
pub struct Asked([u8; 32]);

/// Two key pairs, as seen from the one whose private half is here.
#[derive(Clone, Copy)]
pub struct Between<'a> {
    /// This Region.
    pub own: &'a Region,
    /// This Region's key pair.
    pub own_key: &'a HpkePrivateKey,
    /// The other Region.
    pub peer: &'a Region,
    /// The other Region's public key, which its operator has told.
    pub peer_key: &'a HpkePublicKey,
}

impl Between<'_> {
    /// Seals a message to the other Region.
    ///
    /// # Errors
    /// [`CryptoError`] without randomness, or for a public key of small order.
    pub fn seal(&self, message: &SecretBytes, random: &dyn Random) -> Result<(Envelope, Asked), CryptoError> {
        self.seal_bound(MESSAGE, &[], message, random)
    }

    /// Opens a message from the other Region.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] unless the other Region sealed it for this one.
    pub fn open(&self, envelope: &Envelope) -> Result<(SecretBytes, Asked), CryptoError> {
        self.open_bound(MESSAGE, &[], envelope)
    }

    /// Seals the answer to a message.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn seal_answer(
        &self,
        asked: &Asked,
        answer: &SecretBytes,
        random: &dyn Random,
    ) -> Result<Envelope, CryptoError> {
        Ok(self.seal_bound(ANSWER, &asked.0, answer, random)?.0)
    }

    /// Opens the answer to a message.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] unless the other Region sealed it as the answer to this message.
    pub fn open_answer(&self, asked: &Asked, envelope: &Envelope) -> Result<SecretBytes, CryptoError> {
        Ok(self.open_bound(ANSWER, &asked.0, envelope)?.0)
    }

    fn seal_bound(
        &self,
        purpose: &[u8],
        aad: &[u8],
        plaintext: &SecretBytes,
        random: &dyn Random,
    ) -> Result<(Envelope, Asked), CryptoError> {
        let info = info(purpose, self.own, self.peer);
        let sealed = hpke_seal_auth(self.peer_key, self.own_key, &info, aad, plaintext, random)?;
        let asked = asked(&sealed.enc, &sealed.ciphertext);
        let envelope = Envelope {
            from: self.own.clone(),
            to: self.peer.clone(),
            enc: STANDARD.encode(sealed.enc),
            sealed: STANDARD.encode(&sealed.ciphertext),
        };
        Ok((envelope, asked))
    }

    fn open_bound(
        &self,
        purpose: &[u8],
        aad: &[u8],
        envelope: &Envelope,
    ) -> Result<(SecretBytes, Asked), CryptoError> {
        if envelope.from != *self.peer || envelope.to != *self.own {
            return Err(CryptoError::NotAuthentic);
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| CryptoError::NotAuthentic);
        let (enc, sealed) = (decode(&envelope.enc)?, decode(&envelope.sealed)?);
        let info = info(purpose, self.peer, self.own);
        let opened = hpke_open_auth(self.own_key, self.peer_key, &info, aad, &enc, &sealed)?;
        Ok((opened, asked(&enc, &sealed)))
    }
}

/// The encapsulated key has a fixed length.
fn asked(enc: &[u8], sealed: &[u8]) -> Asked {
    let mut digest = Sha256::new();
    digest.update(enc);
    digest.update(sealed);
    Asked(digest.finish())
}

/// A Region's name has no zero byte, so no two pairs give the same bytes.
fn info(purpose: &[u8], from: &Region, to: &Region) -> Vec<u8> {
    [LABEL, purpose, &[0], from.as_str().as_bytes(), &[0], to.as_str().as_bytes()].concat()
}

const LABEL: &[u8] = b"keywright kms between regions v1 ";
const MESSAGE: &[u8] = b"message";
const ANSWER: &[u8] = b"answer";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    struct Side {
        region: Region,
        key: HpkePrivateKey,
    }

    impl Side {
        fn new(region: &str) -> Self {
            let key = HpkePrivateKey::generate(&SystemRandom).unwrap();
            Self { region: Region::parse(region).unwrap(), key }
        }

        fn with<'a>(&'a self, peer: &'a Self) -> Between<'a> {
            Between {
                own: &self.region,
                own_key: &self.key,
                peer: &peer.region,
                peer_key: peer.key.public_key(),
            }
        }
    }

    fn text(text: &str) -> SecretBytes {
        SecretBytes::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_message_and_its_answer_arrive() {
        let (east, west) = (Side::new("us-east-1"), Side::new("eu-west-1"));
        let (sent, asked) = east.with(&west).seal(&text("state"), &SystemRandom).unwrap();
        let json = serde_json::to_string(&sent).unwrap();
        assert!(!json.contains("state"));
        let received: Envelope = serde_json::from_str(&json).unwrap();
        let (opened, seen) = west.with(&east).open(&received).unwrap();
        assert_eq!(opened.expose_secret(), b"state");
        let answer = west.with(&east).seal_answer(&seen, &text("done"), &SystemRandom).unwrap();
        assert_eq!(east.with(&west).open_answer(&asked, &answer).unwrap().expose_secret(), b"done");
    }

    #[test]
    fn whoever_altered_redirected_or_forged_it_is_found_out() {
        let (east, west, other) = (Side::new("us-east-1"), Side::new("eu-west-1"), Side::new("us-east-1"));
        let seal = || east.with(&west).seal(&text("state"), &SystemRandom).unwrap();
        let refused = |envelope: &Envelope| west.with(&east).open(envelope).is_err();
        let (sent, asked) = seal();
        // Another key pair that says to be the same Region.
        assert!(refused(&other.with(&west).seal(&text("state"), &SystemRandom).unwrap().0));
        assert!(west.with(&other).open(&sent).is_err());
        // Another receiver.
        assert!(other.with(&east).open(&sent).is_err());
        // Other Regions on the outside.
        assert!(refused(&Envelope { to: east.region.clone(), ..seal().0 }));
        // A changed bit anywhere.
        let bytes = STANDARD.decode(&sent.sealed).unwrap();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1;
            assert!(refused(&Envelope { sealed: STANDARD.encode(damaged), ..seal().0 }), "byte {index}");
        }
        for nonsense in ["", "!", "AAAA"] {
            assert!(refused(&Envelope { enc: nonsense.to_owned(), ..seal().0 }));
            assert!(refused(&Envelope { sealed: nonsense.to_owned(), ..seal().0 }));
        }
        // A message is no answer, and the answer to another message isn't one to this.
        let (_, seen) = west.with(&east).open(&sent).unwrap();
        let (back, _) = west.with(&east).seal(&text("done"), &SystemRandom).unwrap();
        assert!(east.with(&west).open_answer(&asked, &back).is_err());
        let answer = west.with(&east).seal_answer(&seen, &text("done"), &SystemRandom).unwrap();
        assert!(east.with(&west).open_answer(&seal().1, &answer).is_err());
    }
}

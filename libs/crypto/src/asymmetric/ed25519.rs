//! Ed25519 and Ed25519ph (RFC 8032).

use aws_lc_rs::digest;
use ed25519_dalek::ed25519::signature::digest::consts::U64;
use ed25519_dalek::ed25519::signature::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use ed25519_dalek::pkcs8::spki::{DecodePublicKey as _, EncodePublicKey as _};
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{Message, SignatureAlgorithm, prehash};
use crate::{CryptoError, Random, SecretBytes};

pub(super) struct Ed25519PrivateKey(SigningKey);

impl Ed25519PrivateKey {
    pub(super) fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(&mut *seed)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, CryptoError> {
        SigningKey::from_pkcs8_der(der).map(Self).map_err(|_| CryptoError::InvalidKey)
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, CryptoError> {
        // With the public key it would be version 2 of the structure, which OpenSSL 3.0 doesn't read.
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let der = bytes.to_pkcs8_der().map_err(|_| CryptoError::Library)?;
        Ok(SecretBytes::new(der.as_bytes().to_vec()))
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ed25519PublicKey(self.0.verifying_key()).spki()
    }

    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, CryptoError> {
        let signature = match Input::of(algorithm, message)? {
            Input::Pure(message) => self.0.try_sign(message),
            Input::Prehashed(digest) => self.0.sign_prehashed(digest, None),
        };
        Ok(signature.map_err(|_| CryptoError::Library)?.to_vec())
    }
}

pub(super) struct Ed25519PublicKey(VerifyingKey);

impl Ed25519PublicKey {
    pub(super) fn from_spki(der: &[u8]) -> Result<Self, CryptoError> {
        let key = VerifyingKey::from_public_key_der(der).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self(key))
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.0.to_public_key_der().map_err(|_| CryptoError::Library)?.into_vec())
    }

    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let input = Input::of(algorithm, message)?;
        let signature = Signature::from_slice(signature).map_err(|_| CryptoError::SignatureInvalid)?;
        // Strictly: points of small order are refused, so a signature is good for one message and one key.
        let verified = match input {
            Input::Pure(message) => self.0.verify_strict(message, &signature),
            Input::Prehashed(digest) => self.0.verify_prehashed_strict(digest, None, &signature),
        };
        verified.map_err(|_| CryptoError::SignatureInvalid)
    }
}

enum Input<'a> {
    Pure(&'a [u8]),
    Prehashed(Prehashed),
}

impl<'a> Input<'a> {
    fn of(algorithm: SignatureAlgorithm, message: Message<'a>) -> Result<Self, CryptoError> {
        match (algorithm, message) {
            (SignatureAlgorithm::Ed25519Sha512, Message::Raw(message)) => Ok(Self::Pure(message)),
            (SignatureAlgorithm::Ed25519PhSha512, Message::Raw(message)) => {
                let digest = digest::digest(&digest::SHA512, message);
                Ok(Self::Prehashed(Prehashed(prehash::exactly(digest.as_ref())?)))
            }
            (SignatureAlgorithm::Ed25519PhSha512, Message::Digest(digest)) => {
                Ok(Self::Prehashed(Prehashed(prehash::exactly(digest)?)))
            }
            (SignatureAlgorithm::Ed25519Sha512 | SignatureAlgorithm::Ed25519PhSha512, _) => {
                Err(CryptoError::MessageKind)
            }
            _ => Err(CryptoError::UnsupportedAlgorithm),
        }
    }
}

/// A digest that is there already, where the library wants a hash function to finish.
#[derive(Clone)]
struct Prehashed([u8; 64]);

impl Default for Prehashed {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl HashMarker for Prehashed {}

impl OutputSizeUser for Prehashed {
    type OutputSize = U64;
}

impl Update for Prehashed {
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Prehashed {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_8032_is_signed_whole_and_as_its_digest() {
        // Section 7.3.
        let seed = hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
        let digest = hex(concat!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ));
        let expected = hex(concat!(
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41",
            "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
        ));
        let key = Ed25519PrivateKey(SigningKey::from_bytes(&seed.try_into().unwrap()));
        for message in [Message::Raw(b"abc"), Message::Digest(&digest)] {
            let signature = key.sign(SignatureAlgorithm::Ed25519PhSha512, message).unwrap();
            assert_eq!(signature, expected);
            let public = Ed25519PublicKey(key.0.verifying_key());
            public.verify(SignatureAlgorithm::Ed25519PhSha512, message, &signature).unwrap();
            let other = Message::Raw(b"abd");
            assert!(public.verify(SignatureAlgorithm::Ed25519PhSha512, other, &signature).is_err());
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }
}

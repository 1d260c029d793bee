//! ECDSA (FIPS 186-5) and ECDH (SP 800-56A) on P-256, P-384, P-521 and secp256k1.

use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _, ParsedPublicKey,
};

use super::{Message, SignatureAlgorithm, prehash};
use crate::{CryptoError, SecretBytes};

#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    P256K1,
}

/// One key twice, as the library has a type for signing and one for agreement.
pub(super) struct EcPrivateKey {
    curve: Curve,
    signing: EcdsaKeyPair,
    agreement: Option<agreement::PrivateKey>,
}

impl EcPrivateKey {
    pub(super) fn generate(curve: Curve) -> Result<Self, CryptoError> {
        Self::new(curve, EcdsaKeyPair::generate(curve.signing()).map_err(|_| CryptoError::Library)?)
    }

    pub(super) fn from_pkcs8(curve: Curve, der: &[u8]) -> Result<Self, CryptoError> {
        Self::new(curve, EcdsaKeyPair::from_pkcs8(curve.signing(), der).map_err(|_| CryptoError::InvalidKey)?)
    }

    fn new(curve: Curve, signing: EcdsaKeyPair) -> Result<Self, CryptoError> {
        let der = signing.to_pkcs8v1().map_err(|_| CryptoError::Library)?;
        let agreement = curve
            .agreement()
            .map(|algorithm| agreement::PrivateKey::from_private_key_der(algorithm, der.as_ref()))
            .transpose()
            .map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { curve, signing, agreement })
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, CryptoError> {
        let der = self.signing.to_pkcs8v1().map_err(|_| CryptoError::Library)?;
        Ok(SecretBytes::new(der.as_ref().to_vec()))
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        let der = self.signing.public_key().as_der().map_err(|_| CryptoError::Library)?;
        Ok(der.as_ref().to_vec())
    }

    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, CryptoError> {
        self.curve.require(algorithm)?;
        let signature = match message {
            Message::Raw(message) => self.signing.sign(&SystemRandom::new(), message),
            Message::Digest(digest) => {
                self.signing.sign_digest(&prehash::import(self.curve.digest(), digest)?)
            }
            Message::ExternalMu(_) => return Err(CryptoError::MessageKind),
        };
        Ok(signature.map_err(|_| CryptoError::Library)?.as_ref().to_vec())
    }

    pub(super) fn agree(&self, peer_spki: &[u8]) -> Result<SecretBytes, CryptoError> {
        let (Some(ours), Some(algorithm)) = (&self.agreement, self.curve.agreement()) else {
            return Err(CryptoError::UnsupportedAlgorithm);
        };
        let peer = UnparsedPublicKey::new(algorithm, peer_spki);
        agreement::agree(ours, peer, CryptoError::InvalidKey, |secret| Ok(SecretBytes::new(secret.to_vec())))
    }
}

pub(super) struct EcPublicKey {
    curve: Curve,
    key: ParsedPublicKey,
}

impl EcPublicKey {
    pub(super) fn from_spki(curve: Curve, der: &[u8]) -> Result<Self, CryptoError> {
        let key = ParsedPublicKey::new(curve.verifying(), der).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { curve, key })
    }

    /// Reads a point of the curve in the form of SEC 1, section 2.3.3, compressed.
    pub(super) fn from_compressed_point(curve: Curve, point: &[u8]) -> Result<Self, CryptoError> {
        if point.len() != curve.compressed_len() || !matches!(point.first(), Some(2 | 3)) {
            return Err(CryptoError::InvalidKey);
        }
        Self::from_spki(curve, point)
    }

    /// The point compressed, from the one form of `spki`, which ends in the point that is not.
    pub(super) fn compressed_point(&self, spki: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let coordinate = self.curve.compressed_len() - 1;
        let start = spki.len().checked_sub(2 * coordinate).ok_or(CryptoError::InvalidKey)?;
        let (x, y) = spki.split_at(start).1.split_at(coordinate);
        let parity = y.last().ok_or(CryptoError::InvalidKey)? & 1;
        Ok([&[2 | parity], x].concat())
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.key.as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec())
    }

    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.curve.require(algorithm)?;
        let verified = match message {
            Message::Raw(message) => self.key.verify_sig(message, signature),
            Message::Digest(digest) => {
                self.key.verify_digest_sig(&prehash::import(self.curve.digest(), digest)?, signature)
            }
            Message::ExternalMu(_) => return Err(CryptoError::MessageKind),
        };
        verified.map_err(|_| CryptoError::SignatureInvalid)
    }
}

impl Curve {
    /// Each curve signs with one hash function, as in KMS.
    fn require(self, algorithm: SignatureAlgorithm) -> Result<(), CryptoError> {
        let its_own = match self {
            Self::P256 | Self::P256K1 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
            Self::P521 => SignatureAlgorithm::EcdsaSha512,
        };
        if algorithm == its_own { Ok(()) } else { Err(CryptoError::UnsupportedAlgorithm) }
    }

    fn compressed_len(self) -> usize {
        match self {
            Self::P256 | Self::P256K1 => 33,
            Self::P384 => 49,
            Self::P521 => 67,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::P256 | Self::P256K1 => &digest::SHA256,
            Self::P384 => &digest::SHA384,
            Self::P521 => &digest::SHA512,
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
            Self::P256K1 => &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        }
    }

    fn verifying(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::P521 => &signature::ECDSA_P521_SHA512_ASN1,
            Self::P256K1 => &signature::ECDSA_P256K1_SHA256_ASN1,
        }
    }

    fn agreement(self) -> Option<&'static agreement::Algorithm> {
        match self {
            Self::P256 => Some(&agreement::ECDH_P256),
            Self::P384 => Some(&agreement::ECDH_P384),
            Self::P521 => Some(&agreement::ECDH_P521),
            Self::P256K1 => None,
        }
    }
}

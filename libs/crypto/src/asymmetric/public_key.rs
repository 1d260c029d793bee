//! A public key of any kind.

use std::fmt;

use super::private_key::{Family, family};
use super::{AsymmetricEncryption, KeyPairSpec, Message, SignatureAlgorithm, ec, ed25519, ml_dsa, rsa, sm2};
use crate::{CryptoError, Random};

/// A public key, parsed and validated once. To be shared between threads.
pub struct PublicKey {
    spec: KeyPairSpec,
    spki: Vec<u8>,
    key: Kind,
}

enum Kind {
    Rsa(Box<rsa::RsaPublicKey>),
    Ec(ec::EcPublicKey),
    Ed25519(Box<ed25519::Ed25519PublicKey>),
    MlDsa(ml_dsa::MlDsaPublicKey),
    Sm2(sm2::Sm2PublicKey),
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280) that holds a key of this very kind, in the one form that
    /// [`spki`](Self::spki) gives: curves by name, points not compressed.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] for anything else: another size or curve, a point that is not on the curve, an RSA
    /// exponent other than 65537.
    pub fn from_spki(spec: KeyPairSpec, der: &[u8]) -> Result<Self, CryptoError> {
        let key = match family(spec) {
            Family::Rsa(size) => Kind::Rsa(Box::new(rsa::RsaPublicKey::from_spki(size, der)?)),
            Family::Ec(curve) => Kind::Ec(ec::EcPublicKey::from_spki(curve, der)?),
            Family::Ed25519 => Kind::Ed25519(Box::new(ed25519::Ed25519PublicKey::from_spki(der)?)),
            Family::MlDsa(set) => Kind::MlDsa(ml_dsa::MlDsaPublicKey::from_spki(set, der)?),
            Family::Sm2 => Kind::Sm2(sm2::Sm2PublicKey::from_spki(der)?),
        };
        let spki = match &key {
            Kind::Rsa(key) => key.spki()?,
            Kind::Ec(key) => key.spki()?,
            Kind::Ed25519(key) => key.spki()?,
            Kind::MlDsa(key) => key.spki()?,
            Kind::Sm2(key) => key.spki()?,
        };
        // The libraries take more: curves by their parameters, bare points, an RSAPublicKey.
        if spki != der {
            return Err(CryptoError::InvalidKey);
        }
        Ok(Self { spec, spki, key })
    }

    /// Reads a point of P-256, P-384, P-521, secp256k1 or SM2's curve in the compressed form of SEC 1, section 2.3.3.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] for anything else, [`CryptoError::UnsupportedAlgorithm`] for another kind of key.
    pub fn from_compressed_point(spec: KeyPairSpec, point: &[u8]) -> Result<Self, CryptoError> {
        let spki = match family(spec) {
            Family::Ec(curve) => ec::EcPublicKey::from_compressed_point(curve, point)?.spki()?,
            Family::Sm2 => sm2::Sm2PublicKey::from_compressed_point(point)?.spki()?,
            Family::Rsa(_) | Family::Ed25519 | Family::MlDsa(_) => {
                return Err(CryptoError::UnsupportedAlgorithm);
            }
        };
        // Read again, so that what is kept is in the one form.
        Self::from_spki(spec, &spki)
    }

    /// The point of such a key, compressed.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedAlgorithm`] for another kind of key.
    pub fn compressed_point(&self) -> Result<Vec<u8>, CryptoError> {
        match &self.key {
            Kind::Ec(key) => key.compressed_point(&self.spki),
            Kind::Sm2(key) => Ok(key.compressed_point()),
            Kind::Rsa(_) | Kind::Ed25519(_) | Kind::MlDsa(_) => Err(CryptoError::UnsupportedAlgorithm),
        }
    }

    /// The key as a DER `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The kind of key.
    pub fn spec(&self) -> KeyPairSpec {
        self.spec
    }

    /// Accepts a signature of `message` by this key's private half, and no other.
    ///
    /// # Errors
    /// [`CryptoError::SignatureInvalid`] when it is not one, and else as [`PrivateKey::sign`](super::PrivateKey::sign).
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        match &self.key {
            Kind::Rsa(key) => key.verify(algorithm, message, signature),
            Kind::Ec(key) => key.verify(algorithm, message, signature),
            Kind::Ed25519(key) => key.verify(algorithm, message, signature),
            Kind::MlDsa(key) => key.verify(algorithm, message, signature),
            Kind::Sm2(key) => key.verify(algorithm, message, signature),
        }
    }

    /// Encrypts for the holder of the private half. `random` feeds SM2; for OAEP AWS-LC draws from its own generator,
    /// which the operating system seeds.
    ///
    /// # Errors
    /// [`CryptoError::MessageTooLong`] when OAEP has no room for it in a key of this size, [`CryptoError::EmptyInput`]
    /// when there is nothing and SM2 is to encrypt it, [`CryptoError::RandomUnavailable`], and
    /// [`CryptoError::UnsupportedAlgorithm`] when this kind of key does not encrypt so.
    pub fn encrypt(
        &self,
        algorithm: AsymmetricEncryption,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, CryptoError> {
        match &self.key {
            Kind::Rsa(key) => key.encrypt(algorithm, plaintext),
            Kind::Sm2(key) => key.encrypt(algorithm, plaintext, random),
            Kind::Ec(_) | Kind::Ed25519(_) | Kind::MlDsa(_) => Err(CryptoError::UnsupportedAlgorithm),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, {})", self.spec, crate::hex_lower(&self.spki))
    }
}

//! A private key of any kind.

use std::fmt;

use ed25519_dalek::pkcs8::PrivateKeyInfoRef;

use super::public_key::PublicKey;
use super::{AsymmetricEncryption, KeyPairSpec, Message, SignatureAlgorithm, ec, ed25519, ml_dsa, rsa, sm2};
use crate::{CryptoError, Random, SecretBytes};

/// A private key, parsed and validated once, with its public key. To be shared between threads.
///
/// Every copy of the secret that lives as long as this does is erased on drop.
pub struct PrivateKey {
    spec: KeyPairSpec,
    public: PublicKey,
    pkcs8: SecretBytes,
    key: Kind,
}

enum Kind {
    Rsa(rsa::RsaPrivateKey),
    Ec(ec::EcPrivateKey),
    Ed25519(Box<ed25519::Ed25519PrivateKey>),
    MlDsa(ml_dsa::MlDsaPrivateKey),
    Sm2(sm2::Sm2PrivateKey),
}

impl PrivateKey {
    /// Makes a new key pair. `random` feeds Ed25519, ML-DSA and SM2; for RSA and the other curves AWS-LC draws from its
    /// own generator, which the operating system seeds.
    ///
    /// RSA takes a good part of a second, and at times several: not for request threads.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`], or [`CryptoError::Library`].
    pub fn generate(spec: KeyPairSpec, random: &dyn Random) -> Result<Self, CryptoError> {
        let key = match family(spec) {
            Family::Rsa(size) => Kind::Rsa(rsa::RsaPrivateKey::generate(size)?),
            Family::Ec(curve) => Kind::Ec(ec::EcPrivateKey::generate(curve)?),
            Family::Ed25519 => Kind::Ed25519(Box::new(ed25519::Ed25519PrivateKey::generate(random)?)),
            Family::MlDsa(set) => Kind::MlDsa(ml_dsa::MlDsaPrivateKey::generate(set, random)?),
            Family::Sm2 => Kind::Sm2(sm2::Sm2PrivateKey::generate(random)?),
        };
        Self::assemble(spec, key)
    }

    /// Reads a DER `PrivateKeyInfo` (RFC 5208, RFC 5958) that holds a key of this very kind. An ML-DSA key must hold its
    /// seed, alone or with the expanded key (RFC 9881).
    ///
    /// What the library can check is checked: that the parts of the key belong together, that scalars are in range,
    /// that an RSA exponent is 65537. The primes of an RSA key are not tested for primality.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] for anything else.
    pub fn from_pkcs8(spec: KeyPairSpec, der: &SecretBytes) -> Result<Self, CryptoError> {
        let der = der.expose_secret();
        // AWS-LC stops at the end of the structure, whatever follows.
        PrivateKeyInfoRef::try_from(der).map_err(|_| CryptoError::InvalidKey)?;
        let key = match family(spec) {
            Family::Rsa(_) => Kind::Rsa(rsa::RsaPrivateKey::from_pkcs8(der)?),
            Family::Ec(curve) => Kind::Ec(ec::EcPrivateKey::from_pkcs8(curve, der)?),
            Family::Ed25519 => Kind::Ed25519(Box::new(ed25519::Ed25519PrivateKey::from_pkcs8(der)?)),
            Family::MlDsa(set) => Kind::MlDsa(ml_dsa::MlDsaPrivateKey::from_pkcs8(set, der)?),
            Family::Sm2 => Kind::Sm2(sm2::Sm2PrivateKey::from_pkcs8(der)?),
        };
        Self::assemble(spec, key)
    }

    fn assemble(spec: KeyPairSpec, key: Kind) -> Result<Self, CryptoError> {
        let (pkcs8, spki) = match &key {
            Kind::Rsa(key) => (key.to_pkcs8()?, key.spki()?),
            Kind::Ec(key) => (key.to_pkcs8()?, key.spki()?),
            Kind::Ed25519(key) => (key.to_pkcs8()?, key.spki()?),
            Kind::MlDsa(key) => (key.to_pkcs8()?, key.spki()?),
            Kind::Sm2(key) => (key.to_pkcs8()?, key.spki()?),
        };
        Ok(Self { spec, public: PublicKey::from_spki(spec, &spki)?, pkcs8, key })
    }

    /// The key as a DER `PrivateKeyInfo` that OpenSSL reads, in one form whatever it was read from. An ML-DSA key is its
    /// seed alone (RFC 9881).
    pub fn to_pkcs8(&self) -> SecretBytes {
        self.pkcs8.clone()
    }

    /// The kind of key.
    pub fn spec(&self) -> KeyPairSpec {
        self.spec
    }

    /// The other half of the pair.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`. The nonces of ECDSA and the salts of RSA-PSS are random, SM2's and ML-DSA's are derived from
    /// key, message and randomness.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedAlgorithm`] when this kind of key does not sign so, [`CryptoError::MessageKind`] or
    /// [`CryptoError::DigestLength`] when the algorithm does not take such a message (see [`Message`]).
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: Message<'_>) -> Result<Vec<u8>, CryptoError> {
        match &self.key {
            Kind::Rsa(key) => key.sign(algorithm, message),
            Kind::Ec(key) => key.sign(algorithm, message),
            Kind::Ed25519(key) => key.sign(algorithm, message),
            Kind::MlDsa(key) => key.sign(algorithm, message),
            Kind::Sm2(key) => key.sign(algorithm, message),
        }
    }

    /// Decrypts what [`PublicKey::encrypt`] made.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] for every ciphertext that is not a right one, whatever is wrong with it;
    /// [`CryptoError::UnsupportedAlgorithm`] when this kind of key does not decrypt so.
    pub fn decrypt(
        &self,
        algorithm: AsymmetricEncryption,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        match &self.key {
            Kind::Rsa(key) => key.decrypt(algorithm, ciphertext),
            Kind::Sm2(key) => key.decrypt(algorithm, ciphertext),
            Kind::Ec(_) | Kind::Ed25519(_) | Kind::MlDsa(_) => Err(CryptoError::UnsupportedAlgorithm),
        }
    }

    /// The shared secret of ECDH with the public key in the DER `SubjectPublicKeyInfo` `peer_spki`: the raw
    /// x coordinate, as long as an element of the field. For P-256, P-384, P-521 and SM2.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] when the peer's key is not a valid one of the same curve;
    /// [`CryptoError::UnsupportedAlgorithm`] when this kind of key does not agree.
    pub fn agree(&self, peer_spki: &[u8]) -> Result<SecretBytes, CryptoError> {
        match &self.key {
            Kind::Ec(key) => key.agree(PublicKey::from_spki(self.spec, peer_spki)?.spki()),
            Kind::Sm2(key) => key.agree(PublicKey::from_spki(self.spec, peer_spki)?.spki()),
            Kind::Rsa(_) | Kind::Ed25519(_) | Kind::MlDsa(_) => Err(CryptoError::UnsupportedAlgorithm),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, redacted)", self.spec)
    }
}

/// A spec, as the modules of the primitives know it.
pub(super) enum Family {
    Rsa(rsa::Size),
    Ec(ec::Curve),
    Ed25519,
    MlDsa(ml_dsa::ParameterSet),
    Sm2,
}

pub(super) fn family(spec: KeyPairSpec) -> Family {
    match spec {
        KeyPairSpec::Rsa2048 => Family::Rsa(rsa::Size::Bits2048),
        KeyPairSpec::Rsa3072 => Family::Rsa(rsa::Size::Bits3072),
        KeyPairSpec::Rsa4096 => Family::Rsa(rsa::Size::Bits4096),
        KeyPairSpec::NistP256 => Family::Ec(ec::Curve::P256),
        KeyPairSpec::NistP384 => Family::Ec(ec::Curve::P384),
        KeyPairSpec::NistP521 => Family::Ec(ec::Curve::P521),
        KeyPairSpec::Secp256k1 => Family::Ec(ec::Curve::P256K1),
        KeyPairSpec::Sm2 => Family::Sm2,
        KeyPairSpec::Ed25519 => Family::Ed25519,
        KeyPairSpec::MlDsa44 => Family::MlDsa(ml_dsa::ParameterSet::Set44),
        KeyPairSpec::MlDsa65 => Family::MlDsa(ml_dsa::ParameterSet::Set65),
        KeyPairSpec::MlDsa87 => Family::MlDsa(ml_dsa::ParameterSet::Set87),
    }
}

//! SM2 (GB/T 32918): signatures with SM3, encryption, and plain ECDH on its curve.

use std::hint::black_box;
use std::sync::LazyLock;

use sm2::dsa::signature::hazmat::{PrehashVerifier as _, RandomizedPrehashSigner as _};
use sm2::dsa::signature::{RandomizedSigner as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::{Generate as _, point::AffineCoordinates as _, sec1::ToSec1Point as _};
use sm2::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};
use sm2::{ProjectivePoint, PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{AsymmetricEncryption, Message, SignatureAlgorithm, prehash};
use crate::rng::RandomRng;
use crate::{CryptoError, Random, SecretBytes, SystemRandom};

pub(super) struct Sm2PrivateKey(Box<SigningKey>);

impl Sm2PrivateKey {
    pub(super) fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        let secret = SecretKey::try_generate_from_rng(&mut RandomRng(random))?;
        Self::new(&secret)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, CryptoError> {
        Self::new(&SecretKey::from_pkcs8_der(der).map_err(|_| CryptoError::InvalidKey)?)
    }

    fn new(secret: &SecretKey) -> Result<Self, CryptoError> {
        // 1 + d is inverted when signing, so d = n - 1 is no key for it (GB/T 32918.1, 6.1).
        if secret.to_bytes()[..] == ORDER_MINUS_ONE[..] {
            return Err(CryptoError::InvalidKey);
        }
        let key = SigningKey::new(DISTINGUISHING_ID, secret).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self(Box::new(key)))
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, CryptoError> {
        let der =
            SecretKey::from(self.0.as_nonzero_scalar()).to_pkcs8_der().map_err(|_| CryptoError::Library)?;
        Ok(SecretBytes::new(der.as_bytes().to_vec()))
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Sm2PublicKey(self.0.verifying_key().clone()).spki()
    }

    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, CryptoError> {
        let rng = &mut RandomRng(&SystemRandom);
        let signature = match Input::of(algorithm, message)? {
            Input::Whole(message) => self.0.try_sign_with_rng(rng, message),
            Input::Digest(digest) => self.0.sign_prehash_with_rng(rng, &digest),
        };
        Ok(signature.map_err(|_| CryptoError::Library)?.to_der().to_vec())
    }

    pub(super) fn decrypt(
        &self,
        algorithm: AsymmetricEncryption,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        require_pke(algorithm)?;
        let key = DecryptingKey::new_with_mode(*self.0.as_nonzero_scalar(), Mode::C1C3C2);
        key.decrypt_der(ciphertext).map(SecretBytes::new).map_err(|_| CryptoError::NotAuthentic)
    }

    pub(super) fn agree(&self, peer_spki: &[u8]) -> Result<SecretBytes, CryptoError> {
        let peer = PublicKey::from_public_key_der(peer_spki).map_err(|_| CryptoError::InvalidKey)?;
        let scalar = **self.0.as_nonzero_scalar();
        // The cofactor is one and neither factor is zero, so this is never the point at infinity.
        let shared = (ProjectivePoint::from(peer) * scalar).to_affine();
        let x = Zeroizing::new(shared.x());
        Ok(SecretBytes::new(x.to_vec()))
    }
}

impl Drop for Sm2PrivateKey {
    fn drop(&mut self) {
        // The library's key doesn't erase itself, and hides its field: another key is written over it.
        if let Some(blank) = &*BLANK {
            self.0.clone_from(blank);
            black_box(&mut self.0);
        }
    }
}

pub(super) struct Sm2PublicKey(VerifyingKey);

impl Sm2PublicKey {
    pub(super) fn from_spki(der: &[u8]) -> Result<Self, CryptoError> {
        let key = PublicKey::from_public_key_der(der).map_err(|_| CryptoError::InvalidKey)?;
        VerifyingKey::new(DISTINGUISHING_ID, key).map(Self).map_err(|_| CryptoError::InvalidKey)
    }

    /// Reads a point in the form of SEC 1, section 2.3.3, compressed.
    pub(super) fn from_compressed_point(point: &[u8]) -> Result<Self, CryptoError> {
        if !matches!(point.first(), Some(2 | 3)) {
            return Err(CryptoError::InvalidKey);
        }
        let key = PublicKey::from_sec1_bytes(point).map_err(|_| CryptoError::InvalidKey)?;
        VerifyingKey::new(DISTINGUISHING_ID, key).map(Self).map_err(|_| CryptoError::InvalidKey)
    }

    pub(super) fn compressed_point(&self) -> Vec<u8> {
        PublicKey::from(&self.0).to_sec1_point(true).as_bytes().to_vec()
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
        let signature = Signature::from_der(signature).map_err(|_| CryptoError::SignatureInvalid)?;
        let verified = match input {
            Input::Whole(message) => self.0.verify(message, &signature),
            Input::Digest(digest) => self.0.verify_prehash(&digest, &signature),
        };
        verified.map_err(|_| CryptoError::SignatureInvalid)
    }

    pub(super) fn encrypt(
        &self,
        algorithm: AsymmetricEncryption,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, CryptoError> {
        require_pke(algorithm)?;
        if plaintext.is_empty() {
            return Err(CryptoError::EmptyInput);
        }
        let key = EncryptingKey::new_with_mode(PublicKey::from(&self.0), Mode::C1C3C2);
        // Nothing else can fail: the key is valid and the message is there.
        key.encrypt_der(&mut RandomRng(random), plaintext).map_err(|_| CryptoError::RandomUnavailable)
    }
}

enum Input<'a> {
    Whole(&'a [u8]),
    Digest([u8; 32]),
}

impl<'a> Input<'a> {
    fn of(algorithm: SignatureAlgorithm, message: Message<'a>) -> Result<Self, CryptoError> {
        if algorithm != SignatureAlgorithm::Sm2Dsa {
            return Err(CryptoError::UnsupportedAlgorithm);
        }
        match message {
            Message::Raw(message) => Ok(Self::Whole(message)),
            Message::Digest(digest) => Ok(Self::Digest(prehash::exactly(digest)?)),
            Message::ExternalMu(_) => Err(CryptoError::MessageKind),
        }
    }
}

fn require_pke(algorithm: AsymmetricEncryption) -> Result<(), CryptoError> {
    match algorithm {
        AsymmetricEncryption::Sm2Pke => Ok(()),
        AsymmetricEncryption::OaepSha1
        | AsymmetricEncryption::OaepSha256
        | AsymmetricEncryption::OaepSha384
        | AsymmetricEncryption::OaepSha512
        | AsymmetricEncryption::RsaPkcs1 => Err(CryptoError::UnsupportedAlgorithm),
    }
}

static BLANK: LazyLock<Option<Box<SigningKey>>> = LazyLock::new(|| {
    let mut one = [0; 32];
    one[31] = 1;
    SigningKey::from_slice(DISTINGUISHING_ID, &one).ok().map(Box::new)
});

const DISTINGUISHING_ID: &str = "1234567812345678";

/// The order of the group, less one.
const ORDER_MINUS_ONE: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72,
    0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x22,
];

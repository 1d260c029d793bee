//! RSA (RFC 8017): RSASSA-PSS, RSASSA-PKCS1-v1_5, RSAES-OAEP and RSAES-PKCS1-v1_5.

use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
    OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey, RsaEncoding, RsaParameters};
use zeroize::Zeroizing;

use super::{AsymmetricEncryption, Message, SignatureAlgorithm, prehash};
use crate::{CryptoError, SecretBytes};

#[derive(Clone, Copy)]
pub(super) enum Size {
    Bits2048,
    Bits3072,
    Bits4096,
}

/// One key twice, as the library has a type for signing and one for decrypting; and a third time where it is to decrypt
/// without OAEP.
pub(super) struct RsaPrivateKey {
    signing: KeyPair,
    decrypting: OaepPrivateDecryptingKey,
    decrypting_pkcs1: OnceLock<Pkcs1PrivateDecryptingKey>,
}

impl RsaPrivateKey {
    pub(super) fn generate(size: Size) -> Result<Self, CryptoError> {
        let size = match size {
            Size::Bits2048 => KeySize::Rsa2048,
            Size::Bits3072 => KeySize::Rsa3072,
            Size::Bits4096 => KeySize::Rsa4096,
        };
        Self::new(KeyPair::generate(size).map_err(|_| CryptoError::Library)?)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, CryptoError> {
        Self::new(KeyPair::from_pkcs8(der).map_err(|_| CryptoError::InvalidKey)?)
    }

    fn new(signing: KeyPair) -> Result<Self, CryptoError> {
        let der = signing.as_der().map_err(|_| CryptoError::Library)?;
        let decrypting =
            PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| CryptoError::InvalidKey)?;
        let decrypting = OaepPrivateDecryptingKey::new(decrypting).map_err(|_| CryptoError::Library)?;
        Ok(Self { signing, decrypting, decrypting_pkcs1: OnceLock::new() })
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, CryptoError> {
        let der = self.signing.as_der().map_err(|_| CryptoError::Library)?;
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
        let scheme = Scheme::of(algorithm)?;
        let mut signature = vec![0; self.signing.public_modulus_len()];
        let signed = match message {
            Message::Raw(message) => {
                self.signing.sign(scheme.signing, &SystemRandom::new(), message, &mut signature)
            }
            Message::Digest(digest) => {
                self.signing.sign_digest(scheme.signing, &scheme.import(digest)?, &mut signature)
            }
            Message::ExternalMu(_) => return Err(CryptoError::MessageKind),
        };
        signed.map_err(|_| CryptoError::Library)?;
        Ok(signature)
    }

    pub(super) fn decrypt(
        &self,
        algorithm: AsymmetricEncryption,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        let mut buffer = Zeroizing::new(vec![0; self.decrypting.min_output_size()]);
        let decrypted = match padding(algorithm)? {
            Padding::Oaep(oaep) => self.decrypting.decrypt(oaep, ciphertext, &mut buffer, None),
            Padding::Pkcs1 => self.decrypting_pkcs1()?.decrypt(ciphertext, &mut buffer),
        };
        let plaintext_len = decrypted.map_err(|_| CryptoError::NotAuthentic)?.len();
        buffer.truncate(plaintext_len);
        Ok(SecretBytes::new(std::mem::take(&mut *buffer)))
    }

    fn decrypting_pkcs1(&self) -> Result<&Pkcs1PrivateDecryptingKey, CryptoError> {
        if let Some(key) = self.decrypting_pkcs1.get() {
            return Ok(key);
        }
        let der = self.signing.as_der().map_err(|_| CryptoError::Library)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| CryptoError::InvalidKey)?;
        let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| CryptoError::Library)?;
        Ok(self.decrypting_pkcs1.get_or_init(|| key))
    }
}

pub(super) struct RsaPublicKey {
    encrypting: OaepPublicEncryptingKey,
    encrypting_pkcs1: Pkcs1PublicEncryptingKey,
    spki: Vec<u8>,
    /// The library's parsed key is of one scheme. A key is used with one, or few.
    verifying: [OnceLock<ParsedPublicKey>; SCHEMES],
}

impl RsaPublicKey {
    pub(super) fn from_spki(size: Size, der: &[u8]) -> Result<Self, CryptoError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| CryptoError::InvalidKey)?;
        let spki = key.as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec();
        let bits = match size {
            Size::Bits2048 => 2048,
            Size::Bits3072 => 3072,
            Size::Bits4096 => 4096,
        };
        // The exponent is the last thing in the structure.
        if key.key_size_bits() != bits || !spki.ends_with(&EXPONENT) {
            return Err(CryptoError::InvalidKey);
        }
        let encrypting_pkcs1 =
            Pkcs1PublicEncryptingKey::new(key.clone()).map_err(|_| CryptoError::Library)?;
        let encrypting = OaepPublicEncryptingKey::new(key).map_err(|_| CryptoError::Library)?;
        Ok(Self { encrypting, encrypting_pkcs1, spki, verifying: [const { OnceLock::new() }; SCHEMES] })
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.spki.clone())
    }

    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let scheme = Scheme::of(algorithm)?;
        let key = self.verifying_key(&scheme)?;
        let verified = match message {
            Message::Raw(message) => key.verify_sig(message, signature),
            Message::Digest(digest) => key.verify_digest_sig(&scheme.import(digest)?, signature),
            Message::ExternalMu(_) => return Err(CryptoError::MessageKind),
        };
        verified.map_err(|_| CryptoError::SignatureInvalid)
    }

    fn verifying_key(&self, scheme: &Scheme) -> Result<&ParsedPublicKey, CryptoError> {
        let kept = self.verifying.get(scheme.index).ok_or(CryptoError::UnsupportedAlgorithm)?;
        if let Some(key) = kept.get() {
            return Ok(key);
        }
        let key = ParsedPublicKey::new(scheme.verifying, &self.spki).map_err(|_| CryptoError::InvalidKey)?;
        Ok(kept.get_or_init(|| key))
    }

    pub(super) fn encrypt(
        &self,
        algorithm: AsymmetricEncryption,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let padding = padding(algorithm)?;
        let longest = match padding {
            Padding::Oaep(oaep) => self.encrypting.max_plaintext_size(oaep),
            Padding::Pkcs1 => self.encrypting_pkcs1.max_plaintext_size(),
        };
        if plaintext.len() > longest {
            return Err(CryptoError::MessageTooLong { bytes: plaintext.len() });
        }
        let mut ciphertext = vec![0; self.encrypting.ciphertext_size()];
        let encrypted = match padding {
            Padding::Oaep(oaep) => self.encrypting.encrypt(oaep, plaintext, &mut ciphertext, None),
            Padding::Pkcs1 => self.encrypting_pkcs1.encrypt(plaintext, &mut ciphertext),
        };
        let len = encrypted.map_err(|_| CryptoError::Library)?.len();
        ciphertext.truncate(len);
        Ok(ciphertext)
    }
}

/// A signature algorithm in the library's terms.
struct Scheme {
    index: usize,
    signing: &'static dyn RsaEncoding,
    verifying: &'static RsaParameters,
    digest: &'static digest::Algorithm,
}

impl Scheme {
    fn of(algorithm: SignatureAlgorithm) -> Result<Self, CryptoError> {
        let (index, signing, verifying, digest): (_, &'static dyn RsaEncoding, _, _) = match algorithm {
            SignatureAlgorithm::RsaPssSha256 => {
                (0, &signature::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256, &digest::SHA256)
            }
            SignatureAlgorithm::RsaPssSha384 => {
                (1, &signature::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384, &digest::SHA384)
            }
            SignatureAlgorithm::RsaPssSha512 => {
                (2, &signature::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512, &digest::SHA512)
            }
            SignatureAlgorithm::RsaPkcs1Sha256 => {
                (3, &signature::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256, &digest::SHA256)
            }
            SignatureAlgorithm::RsaPkcs1Sha384 => {
                (4, &signature::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384, &digest::SHA384)
            }
            SignatureAlgorithm::RsaPkcs1Sha512 => {
                (5, &signature::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512, &digest::SHA512)
            }
            SignatureAlgorithm::EcdsaSha256
            | SignatureAlgorithm::EcdsaSha384
            | SignatureAlgorithm::EcdsaSha512
            | SignatureAlgorithm::Sm2Dsa
            | SignatureAlgorithm::Ed25519Sha512
            | SignatureAlgorithm::Ed25519PhSha512
            | SignatureAlgorithm::MlDsaShake256 => return Err(CryptoError::UnsupportedAlgorithm),
        };
        Ok(Self { index, signing, verifying, digest })
    }

    fn import(&self, digest: &[u8]) -> Result<Digest, CryptoError> {
        prehash::import(self.digest, digest)
    }
}

/// An encryption scheme in the library's terms.
enum Padding {
    Oaep(&'static OaepAlgorithm),
    Pkcs1,
}

fn padding(algorithm: AsymmetricEncryption) -> Result<Padding, CryptoError> {
    match algorithm {
        AsymmetricEncryption::OaepSha1 => Ok(Padding::Oaep(&OAEP_SHA1_MGF1SHA1)),
        AsymmetricEncryption::OaepSha256 => Ok(Padding::Oaep(&OAEP_SHA256_MGF1SHA256)),
        AsymmetricEncryption::OaepSha384 => Ok(Padding::Oaep(&OAEP_SHA384_MGF1SHA384)),
        AsymmetricEncryption::OaepSha512 => Ok(Padding::Oaep(&OAEP_SHA512_MGF1SHA512)),
        AsymmetricEncryption::RsaPkcs1 => Ok(Padding::Pkcs1),
        AsymmetricEncryption::Sm2Pke => Err(CryptoError::UnsupportedAlgorithm),
    }
}

const SCHEMES: usize = 6;

/// The DER of the integer 65537.
const EXPONENT: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];

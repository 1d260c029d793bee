//! Wrapping by an RSA key pair that the caller has, or half of it.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/raw-rsa-keyring.md>

use std::fmt;
use std::future::ready;

use keywright_crypto::{
    AsymmetricEncryption, CryptoError, KeyPairSpec, PrivateKey, PublicKey, SecretBytes, SystemRandom,
};

use super::pem::{Label, from_pem};
use super::{Keyring, check_namespace, decrypt_first};
use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// How a data key is padded before RSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSAES-PKCS1-v1_5. Only where others demand it: whoever may have many chosen messages decrypted, and learns which
    /// of them failed here, can find out a data key.
    Pkcs1,
    /// OAEP with SHA-1 and MGF1 with SHA-1.
    OaepSha1,
    /// OAEP with SHA-256 and MGF1 with SHA-256.
    OaepSha256,
    /// OAEP with SHA-384 and MGF1 with SHA-384.
    OaepSha384,
    /// OAEP with SHA-512 and MGF1 with SHA-512.
    OaepSha512,
}

impl RsaPadding {
    fn algorithm(self) -> AsymmetricEncryption {
        match self {
            Self::Pkcs1 => AsymmetricEncryption::RsaPkcs1,
            Self::OaepSha1 => AsymmetricEncryption::OaepSha1,
            Self::OaepSha256 => AsymmetricEncryption::OaepSha256,
            Self::OaepSha384 => AsymmetricEncryption::OaepSha384,
            Self::OaepSha512 => AsymmetricEncryption::OaepSha512,
        }
    }
}

/// Wraps data keys with RSA of 2048, 3072 or 4096 bits. With a public key it encrypts, with a private key it decrypts.
pub struct RawRsaKeyring {
    namespace: String,
    name: Vec<u8>,
    padding: RsaPadding,
    public: Option<PublicKey>,
    private: Option<PrivateKey>,
}

impl RawRsaKeyring {
    /// `namespace` and `name` stand for the key pair in messages: whoever decrypts must call it the same. Add at least
    /// one half of the pair.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a namespace of KMS's.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<Vec<u8>>,
        padding: RsaPadding,
    ) -> Result<Self, Error> {
        let namespace = namespace.into();
        check_namespace(&namespace)?;
        Ok(Self { namespace, name: name.into(), padding, public: None, private: None })
    }

    /// Encrypts with this key: a `SubjectPublicKeyInfo` in PEM or DER.
    ///
    /// # Errors
    /// [`Error::Crypto`] when it is not one of RSA.
    pub fn with_public_key(mut self, key: &[u8]) -> Result<Self, Error> {
        self.public = Some(public_key(&from_pem(key, Label::PublicKey)?)?);
        Ok(self)
    }

    /// Decrypts with this key: a PKCS #8 `PrivateKeyInfo` in PEM or DER.
    ///
    /// # Errors
    /// [`Error::Crypto`] when it is not one of RSA.
    pub fn with_private_key(mut self, key: &SecretBytes) -> Result<Self, Error> {
        let der = from_pem(key.expose_secret(), Label::PrivateKey)?;
        let mut keys = SIZES.into_iter().map(|spec| PrivateKey::from_pkcs8(spec, &der));
        self.private = Some(keys.find_map(Result::ok).ok_or(CryptoError::InvalidKey)?);
        Ok(self)
    }

    fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let key = self.public.as_ref().ok_or(Error::Configuration("the keyring has no public key"))?;
        let data_key = materials.data_key_or_new(&SystemRandom)?.expose_secret();
        let ciphertext = key.encrypt(self.padding.algorithm(), data_key, &SystemRandom)?;
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: self.namespace.clone(),
            provider_info: self.name.clone(),
            ciphertext,
        });
        Ok(())
    }

    fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        let key = self.private.as_ref().ok_or(Error::Configuration("the keyring has no private key"))?;
        decrypt_first(materials, data_keys, |_, encrypted| {
            let ours = encrypted.provider_id == self.namespace && encrypted.provider_info == self.name;
            ours.then(|| Ok(key.decrypt(self.padding.algorithm(), &encrypted.ciphertext)?))
        })
    }
}

impl Keyring for RawRsaKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(self.encrypt(materials)))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(self.decrypt(materials, data_keys)))
    }
}

impl fmt::Debug for RawRsaKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.escape_ascii().to_string();
        write!(f, "RawRsaKeyring({:?}, {name:?}, {:?}, redacted)", self.namespace, self.padding)
    }
}

/// An RSA public key of any size that the crate knows.
pub(super) fn public_key(der: &SecretBytes) -> Result<PublicKey, CryptoError> {
    let mut keys = SIZES.into_iter().map(|spec| PublicKey::from_spki(spec, der.expose_secret()));
    keys.find_map(Result::ok).ok_or(CryptoError::InvalidKey)
}

const SIZES: [KeyPairSpec; 3] = [KeyPairSpec::Rsa2048, KeyPairSpec::Rsa3072, KeyPairSpec::Rsa4096];

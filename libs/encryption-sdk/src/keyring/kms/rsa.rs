use std::fmt;
use std::sync::Arc;

use keywright_crypto::{
    AsymmetricEncryption, HashAlgorithm, PublicKey, SecretBytes, SystemRandom, constant_time_eq,
};

use super::arn::{KeyArn, same_multi_region};
use super::{decrypt, wrapped_by};
use crate::error::Error;
use crate::keyring::pem::{Label, from_pem};
use crate::keyring::raw_rsa::public_key;
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::kms::{KmsClient, KmsDecrypt, KmsRsaAlgorithm};
use crate::{
    AlgorithmSuite, BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials,
};

/// Wraps data keys here with the public key of an RSA key of KMS, and has KMS unwrap them. Not for suites that sign.
pub struct KmsRsaKeyring {
    key_id: String,
    algorithm: KmsRsaAlgorithm,
    public: Option<PublicKey>,
    client: Option<Arc<dyn KmsClient>>,
    grant_tokens: Vec<String>,
}

impl KmsRsaKeyring {
    /// The key by its ARN. Add its public key to encrypt, and a client to decrypt.
    ///
    /// # Errors
    /// [`Error::Configuration`] when `key_id` isn't the ARN of a key.
    pub fn new(key_id: impl Into<String>, algorithm: KmsRsaAlgorithm) -> Result<Self, Error> {
        let key_id = key_id.into();
        if !KeyArn::parse(&key_id).is_some_and(|arn| arn.is_key()) {
            return Err(Error::Configuration("not the arn of a kms key"));
        }
        Ok(Self { key_id, algorithm, public: None, client: None, grant_tokens: Vec::new() })
    }

    /// Encrypts with this key: a `SubjectPublicKeyInfo` in PEM or DER, as `GetPublicKey` gives it.
    ///
    /// # Errors
    /// [`Error::Crypto`] when it is not one of RSA.
    pub fn with_public_key(mut self, key: &[u8]) -> Result<Self, Error> {
        self.public = Some(public_key(&from_pem(key, Label::PublicKey)?)?);
        Ok(self)
    }

    /// Decrypts through this client.
    #[must_use]
    pub fn with_client(mut self, client: Arc<dyn KmsClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// Sends these grant tokens with every call.
    #[must_use]
    pub fn grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        refuse_signatures(materials.suite())?;
        let public = self.public.as_ref().ok_or(Error::Configuration("the keyring has no public key"))?;
        let digest = context_digest(materials.context())?;
        let data_key = materials.data_key_or_new(&SystemRandom)?.expose_secret();
        let plaintext = SecretBytes::new([digest.as_slice(), data_key].concat());
        let algorithm = match self.algorithm {
            KmsRsaAlgorithm::RsaesOaepSha1 => AsymmetricEncryption::OaepSha1,
            KmsRsaAlgorithm::RsaesOaepSha256 => AsymmetricEncryption::OaepSha256,
        };
        let ciphertext = public.encrypt(algorithm, plaintext.expose_secret(), &SystemRandom)?;
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: KMS_RSA.into(),
            provider_info: self.key_id.clone().into_bytes(),
            ciphertext,
        });
        Ok(())
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_signatures(materials.suite())?;
        refuse_data_key(materials)?;
        let client = self.client.as_ref().ok_or(Error::Configuration("the keyring has no kms client"))?;
        let digest = context_digest(materials.context())?;
        let mut attempts = Attempts::default();
        for encrypted in data_keys {
            let Some(arn) = wrapped_by(encrypted, KMS_RSA)? else { continue };
            if same_multi_region(&self.key_id, &arn) {
                let decrypted = self.unwrap(&**client, &digest, encrypted).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }

    async fn unwrap(
        &self,
        client: &dyn KmsClient,
        digest: &[u8],
        encrypted: &EncryptedDataKey,
    ) -> Result<SecretBytes, Error> {
        let request = KmsDecrypt {
            key_id: self.key_id.clone(),
            ciphertext_blob: encrypted.ciphertext.clone(),
            encryption_context: EncryptionContext::new(),
            encryption_algorithm: Some(self.algorithm),
            grant_tokens: self.grant_tokens.clone(),
        };
        let plaintext = decrypt(client, request).await?;
        match plaintext.expose_secret().split_at_checked(digest.len()) {
            Some((theirs, data_key)) if constant_time_eq(theirs, digest) => {
                Ok(SecretBytes::new(data_key.to_vec()))
            }
            _ => Err(Error::Materials("the data key was wrapped for another encryption context")),
        }
    }
}

fn refuse_signatures(suite: AlgorithmSuite) -> Result<(), Error> {
    if suite.is_signed() {
        return Err(Error::Configuration("a kms rsa keyring is not for algorithm suites that sign"));
    }
    Ok(())
}

/// What binds the data key to the encryption context, which RSA takes nothing of.
fn context_digest(context: &EncryptionContext) -> Result<Vec<u8>, Error> {
    Ok(HashAlgorithm::Sha384.digest(&context.serialize()?))
}

impl Keyring for KmsRsaKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(self.encrypt(materials)))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.decrypt(materials, data_keys))
    }
}

impl fmt::Debug for KmsRsaKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsRsaKeyring({}, {:?})", self.key_id, self.algorithm)
    }
}

const KMS_RSA: &str = "aws-kms-rsa";

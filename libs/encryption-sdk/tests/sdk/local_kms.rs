//! KMS in memory, as far as keyrings call it: it checks what it is asked, and counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use keywright_crypto::{
    Aes256Gcm, AsymmetricEncryption, Key256, KeyPairSpec, PrivateKey, RandomExt as _, SystemRandom,
};
use keywright_encryption_sdk::{
    BoxFuture, DeriveSharedSecret, EncryptionContext, GenerateDataKey, GeneratedDataKey, GetPublicKey,
    KmsCiphertext, KmsClient, KmsDecrypt, KmsEncrypt, KmsError, KmsPlaintext, KmsPublicKey, KmsRsaAlgorithm,
    KmsSharedSecret, SecretBytes,
};

pub(crate) struct LocalKms {
    region: String,
    keys: BTreeMap<String, LocalKey>,
    calls: AtomicUsize,
    /// Answers with this key's name whatever was asked.
    pub(crate) pretends: Option<String>,
}

enum LocalKey {
    Symmetric(Box<Aes256Gcm>),
    Pair(Box<PrivateKey>),
}

impl LocalKms {
    pub(crate) fn new(region: &str) -> Self {
        Self { region: region.into(), keys: BTreeMap::new(), calls: AtomicUsize::new(0), pretends: None }
    }

    /// A symmetric key; the same id is the same key in every Region.
    pub(crate) fn symmetric(mut self, id: &str) -> Self {
        let digest = keywright_crypto::sha256(id.as_bytes());
        let key = LocalKey::Symmetric(Box::new(Aes256Gcm::new(&Key256::from_bytes(digest))));
        self.keys.insert(self.arn(id), key);
        self
    }

    /// One with the key of this ARN, if that could be one of ours.
    pub(crate) fn of(arn: &str) -> Option<Self> {
        let (region, id) = arn.strip_prefix("arn:aws:kms:")?.split_once(":111122223333:key/")?;
        Some(Self::new(region).symmetric(id))
    }

    pub(crate) fn pair(mut self, id: &str, key: PrivateKey) -> Self {
        self.keys.insert(self.arn(id), LocalKey::Pair(Box::new(key)));
        self
    }

    pub(crate) fn arn(&self, id: &str) -> String {
        format!("arn:aws:kms:{}:111122223333:key/{id}", self.region)
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn key(&self, id: &str) -> Result<(String, &LocalKey), KmsError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let (arn, key) = self.keys.get_key_value(id).ok_or_else(|| refusal("NotFoundException"))?;
        Ok((self.pretends.clone().unwrap_or_else(|| arn.clone()), key))
    }

    fn seal(&self, id: &str, context: &EncryptionContext, plaintext: &[u8]) -> Result<Vec<u8>, KmsError> {
        let (_, LocalKey::Symmetric(key)) = self.key(id)? else { return Err(refusal("InvalidKeyUsage")) };
        let nonce: [u8; 12] = SystemRandom.bytes().unwrap();
        let mut blob = nonce.to_vec();
        key.seal(nonce, &context.serialize().unwrap(), plaintext, &mut blob).unwrap();
        Ok(blob)
    }

    fn open(&self, request: &KmsDecrypt) -> Result<KmsPlaintext, KmsError> {
        let (key_id, key) = self.key(&request.key_id)?;
        let invalid = || refusal("InvalidCiphertextException");
        let plaintext = match (key, request.encryption_algorithm) {
            (LocalKey::Symmetric(key), None) => {
                let (nonce, sealed) = request.ciphertext_blob.split_first_chunk().ok_or_else(invalid)?;
                let aad = request.encryption_context.serialize().unwrap();
                key.open(*nonce, &aad, sealed).map_err(|_| invalid())?
            }
            (LocalKey::Pair(key), Some(algorithm)) if request.encryption_context.is_empty() => {
                let algorithm = match algorithm {
                    KmsRsaAlgorithm::RsaesOaepSha1 => AsymmetricEncryption::OaepSha1,
                    KmsRsaAlgorithm::RsaesOaepSha256 => AsymmetricEncryption::OaepSha256,
                };
                key.decrypt(algorithm, &request.ciphertext_blob).map_err(|_| invalid())?
            }
            _ => return Err(refusal("ValidationException")),
        };
        Ok(KmsPlaintext { key_id, plaintext })
    }
}

fn refusal(code: &str) -> KmsError {
    KmsError { code: code.into(), message: "no".into() }
}

impl KmsClient for LocalKms {
    fn region(&self) -> &str {
        &self.region
    }

    fn generate_data_key(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<GeneratedDataKey, KmsError>> {
        Box::pin(async move {
            // So that others come while this call is under way.
            tokio::task::yield_now().await;
            let plaintext = SystemRandom.secret(request.number_of_bytes).unwrap();
            let ciphertext_blob =
                self.seal(&request.key_id, &request.encryption_context, plaintext.expose_secret())?;
            let key_id = self.pretends.clone().unwrap_or(request.key_id);
            Ok(GeneratedDataKey { key_id, plaintext, ciphertext_blob })
        })
    }

    fn encrypt(&self, request: KmsEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        Box::pin(async move {
            let ciphertext_blob =
                self.seal(&request.key_id, &request.encryption_context, request.plaintext.expose_secret())?;
            Ok(KmsCiphertext { key_id: request.key_id, ciphertext_blob })
        })
    }

    fn decrypt(&self, request: KmsDecrypt) -> BoxFuture<'_, Result<KmsPlaintext, KmsError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.open(&request)
        })
    }

    fn get_public_key(&self, request: GetPublicKey) -> BoxFuture<'_, Result<KmsPublicKey, KmsError>> {
        Box::pin(async move {
            let (_, LocalKey::Pair(key)) = self.key(&request.key_id)? else {
                return Err(refusal("UnsupportedOperationException"));
            };
            let (key_spec, key_usage) = match key.spec() {
                KeyPairSpec::NistP256 => ("ECC_NIST_P256", "KEY_AGREEMENT"),
                KeyPairSpec::NistP384 => ("ECC_NIST_P384", "KEY_AGREEMENT"),
                KeyPairSpec::NistP521 => ("ECC_NIST_P521", "KEY_AGREEMENT"),
                KeyPairSpec::Sm2 => ("SM2", "KEY_AGREEMENT"),
                _ => ("RSA_2048", "ENCRYPT_DECRYPT"),
            };
            let public_key = key.public_key().spki().to_vec();
            Ok(KmsPublicKey { public_key, key_spec: key_spec.into(), key_usage: key_usage.into() })
        })
    }

    fn derive_shared_secret(
        &self,
        request: DeriveSharedSecret,
    ) -> BoxFuture<'_, Result<KmsSharedSecret, KmsError>> {
        Box::pin(async move {
            let (key_id, LocalKey::Pair(key)) = self.key(&request.key_id)? else {
                return Err(refusal("InvalidKeyUsageException"));
            };
            let shared_secret: SecretBytes =
                key.agree(&request.public_key).map_err(|_| refusal("ValidationException"))?;
            Ok(KmsSharedSecret { key_id, shared_secret })
        })
    }
}

//! KMS, as far as keyrings need it.

use keywright_crypto::SecretBytes;

use crate::{BoxFuture, EncryptionContext};

/// The operations of KMS that keyrings call, for one Region and one caller.
pub trait KmsClient: Send + Sync {
    /// The Region that this client calls.
    fn region(&self) -> &str;

    /// `GenerateDataKey`, with a number of bytes.
    fn generate_data_key(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<GeneratedDataKey, KmsError>>;

    /// `Encrypt`, with a symmetric key.
    fn encrypt(&self, request: KmsEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>>;

    /// `Decrypt`.
    fn decrypt(&self, request: KmsDecrypt) -> BoxFuture<'_, Result<KmsPlaintext, KmsError>>;

    /// `GetPublicKey`.
    fn get_public_key(&self, request: GetPublicKey) -> BoxFuture<'_, Result<KmsPublicKey, KmsError>>;

    /// `DeriveSharedSecret`, by ECDH.
    fn derive_shared_secret(
        &self,
        request: DeriveSharedSecret,
    ) -> BoxFuture<'_, Result<KmsSharedSecret, KmsError>>;

    /// `GenerateDataKeyWithoutPlaintext`, with a number of bytes: for branch keys. A client that doesn't say how has
    /// `GenerateDataKey` make it, and drops the plaintext.
    fn generate_data_key_without_plaintext(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        Box::pin(async move {
            let GeneratedDataKey { key_id, ciphertext_blob, .. } = self.generate_data_key(request).await?;
            Ok(KmsCiphertext { key_id, ciphertext_blob })
        })
    }

    /// `ReEncrypt`, with symmetric keys: for branch keys. A client that doesn't say how decrypts and encrypts.
    fn re_encrypt(&self, request: KmsReEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        Box::pin(async move {
            let decrypted = self.decrypt(KmsDecrypt {
                key_id: request.source_key_id,
                ciphertext_blob: request.ciphertext_blob,
                encryption_context: request.source_encryption_context,
                encryption_algorithm: None,
                grant_tokens: request.grant_tokens.clone(),
            });
            let KmsPlaintext { plaintext, .. } = decrypted.await?;
            let encrypted = self.encrypt(KmsEncrypt {
                key_id: request.destination_key_id,
                plaintext,
                encryption_context: request.destination_encryption_context,
                grant_tokens: request.grant_tokens,
            });
            encrypted.await
        })
    }
}

/// Why KMS did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct KmsError {
    /// KMS's name for it, such as `AccessDeniedException`, or what kept the call from KMS.
    pub code: String,
    /// What KMS says of it.
    pub message: String,
}

/// Members of `GenerateDataKey`.
#[derive(Debug, Clone)]
pub struct GenerateDataKey {
    /// `KeyId`.
    pub key_id: String,
    /// `NumberOfBytes`.
    pub number_of_bytes: usize,
    /// `EncryptionContext`.
    pub encryption_context: EncryptionContext,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// What `GenerateDataKey` answers.
#[derive(Debug, Clone)]
pub struct GeneratedDataKey {
    /// `KeyId`: the key's ARN.
    pub key_id: String,
    /// `Plaintext`.
    pub plaintext: SecretBytes,
    /// `CiphertextBlob`.
    pub ciphertext_blob: Vec<u8>,
}

/// Members of `Encrypt`.
#[derive(Debug, Clone)]
pub struct KmsEncrypt {
    /// `KeyId`.
    pub key_id: String,
    /// `Plaintext`.
    pub plaintext: SecretBytes,
    /// `EncryptionContext`.
    pub encryption_context: EncryptionContext,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// Members of `ReEncrypt`.
#[derive(Debug, Clone)]
pub struct KmsReEncrypt {
    /// `SourceKeyId`.
    pub source_key_id: String,
    /// `SourceEncryptionContext`.
    pub source_encryption_context: EncryptionContext,
    /// `CiphertextBlob`.
    pub ciphertext_blob: Vec<u8>,
    /// `DestinationKeyId`.
    pub destination_key_id: String,
    /// `DestinationEncryptionContext`.
    pub destination_encryption_context: EncryptionContext,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// What `Encrypt` answers, and `ReEncrypt` and `GenerateDataKeyWithoutPlaintext`.
#[derive(Debug, Clone)]
pub struct KmsCiphertext {
    /// `KeyId`: the key's ARN.
    pub key_id: String,
    /// `CiphertextBlob`.
    pub ciphertext_blob: Vec<u8>,
}

/// Members of `Decrypt`.
#[derive(Debug, Clone)]
pub struct KmsDecrypt {
    /// `KeyId`.
    pub key_id: String,
    /// `CiphertextBlob`.
    pub ciphertext_blob: Vec<u8>,
    /// `EncryptionContext`. Empty for an asymmetric key.
    pub encryption_context: EncryptionContext,
    /// `EncryptionAlgorithm`, for an asymmetric key.
    pub encryption_algorithm: Option<KmsRsaAlgorithm>,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// `EncryptionAlgorithm` of an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KmsRsaAlgorithm {
    /// `RSAES_OAEP_SHA_1`.
    RsaesOaepSha1,
    /// `RSAES_OAEP_SHA_256`.
    RsaesOaepSha256,
}

impl KmsRsaAlgorithm {
    /// KMS's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }
}

/// What `Decrypt` answers.
#[derive(Debug, Clone)]
pub struct KmsPlaintext {
    /// `KeyId`: the key's ARN.
    pub key_id: String,
    /// `Plaintext`.
    pub plaintext: SecretBytes,
}

/// Members of `GetPublicKey`.
#[derive(Debug, Clone)]
pub struct GetPublicKey {
    /// `KeyId`.
    pub key_id: String,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// What `GetPublicKey` answers.
#[derive(Debug, Clone)]
pub struct KmsPublicKey {
    /// `PublicKey`: a DER `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// `KeySpec`, such as `ECC_NIST_P256`.
    pub key_spec: String,
    /// `KeyUsage`, such as `KEY_AGREEMENT`.
    pub key_usage: String,
}

/// Members of `DeriveSharedSecret`.
#[derive(Debug, Clone)]
pub struct DeriveSharedSecret {
    /// `KeyId`.
    pub key_id: String,
    /// `PublicKey`: a DER `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// `GrantTokens`.
    pub grant_tokens: Vec<String>,
}

/// What `DeriveSharedSecret` answers.
#[derive(Debug, Clone)]
pub struct KmsSharedSecret {
    /// `KeyId`: the key's ARN.
    pub key_id: String,
    /// `SharedSecret`.
    pub shared_secret: SecretBytes,
}

//! KMS, as this service uses it: signed as the service, decided for the caller.

use keywright_aws_api::Caller;
use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_crypto::{Key256, SecretBytes};
use keywright_service::{CallError, ServiceClient};
use serde::{Deserialize, Serialize};

use crate::domain::sealed_value::ValueOwner;
use crate::domain::secret::MANAGED_KEY;
use crate::domain::version::WrappedDataKey;
use crate::error::Error;

/// The operations of KMS that an envelope needs.
pub struct Kms {
    client: ServiceClient,
}

impl Kms {
    /// KMS behind `client`.
    #[must_use]
    pub fn new(client: ServiceClient) -> Self {
        Self { client }
    }

    /// A fresh data key for one version, plain and encrypted under the key `key_id`.
    ///
    /// # Errors
    /// [`Error::KmsAccessDenied`], [`Error::Encryption`], [`Error::Kms`].
    pub async fn generate_data_key(
        &self,
        caller: &Caller,
        key_id: &str,
        owner: ValueOwner<'_>,
    ) -> Result<(Key256, WrappedDataKey), Error> {
        let input =
            GenerateDataKey { key_id, key_spec: "AES_256", encryption_context: EncryptionContext::of(owner) };
        let answer: DataKey =
            self.client.call("GenerateDataKey", &input, Some(caller)).await.map_err(from_encrypting)?;
        let key = Key256::try_from_slice(answer.plaintext.expose_secret())?;
        Ok((key, wrapped(key_id, answer.ciphertext_blob, answer.key_id)))
    }

    /// The data key of a version.
    ///
    /// # Errors
    /// [`Error::KmsAccessDenied`], [`Error::Decryption`], [`Error::Kms`].
    pub async fn decrypt(
        &self,
        caller: &Caller,
        data_key: &WrappedDataKey,
        owner: ValueOwner<'_>,
    ) -> Result<Key256, Error> {
        let input = Decrypt {
            key_id: &data_key.kms_key_arn,
            ciphertext_blob: Blob(data_key.encrypted.clone()),
            encryption_context: EncryptionContext::of(owner),
        };
        let answer: Decrypted =
            self.client.call("Decrypt", &input, Some(caller)).await.map_err(from_decrypting)?;
        Ok(Key256::try_from_slice(answer.plaintext.expose_secret())?)
    }

    /// A version's data key, encrypted under the key `key_id`.
    ///
    /// # Errors
    /// [`Error::KmsAccessDenied`], [`Error::Encryption`], [`Error::Kms`].
    pub async fn encrypt(
        &self,
        caller: &Caller,
        key_id: &str,
        data_key: &Key256,
        owner: ValueOwner<'_>,
    ) -> Result<WrappedDataKey, Error> {
        let input = Encrypt {
            key_id,
            plaintext: PlaintextOut(SecretBytes::new(data_key.expose_secret().to_vec())),
            encryption_context: EncryptionContext::of(owner),
        };
        let answer: Encrypted =
            self.client.call("Encrypt", &input, Some(caller)).await.map_err(from_encrypting)?;
        Ok(wrapped(key_id, answer.ciphertext_blob, answer.key_id))
    }
}

fn wrapped(asked: &str, ciphertext: Blob, kms_key_arn: String) -> WrappedDataKey {
    WrappedDataKey { encrypted: ciphertext.into_bytes(), kms_key_arn, is_managed: asked == MANAGED_KEY }
}

/// What a data key is bound to, with AWS's names.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-encryption-context>
#[derive(Serialize)]
struct EncryptionContext<'a> {
    #[serde(rename = "SecretARN")]
    secret_arn: &'a str,
    #[serde(rename = "SecretVersionId")]
    secret_version_id: &'a str,
}

impl<'a> EncryptionContext<'a> {
    fn of(owner: ValueOwner<'a>) -> Self {
        Self { secret_arn: owner.arn, secret_version_id: owner.version.as_str() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GenerateDataKey<'a> {
    key_id: &'a str,
    key_spec: &'a str,
    encryption_context: EncryptionContext<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKey {
    key_id: String,
    plaintext: SecretBytes,
    ciphertext_blob: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    key_id: &'a str,
    ciphertext_blob: Blob,
    encryption_context: EncryptionContext<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: SecretBytes,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: PlaintextOut,
    encryption_context: EncryptionContext<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    key_id: String,
    ciphertext_blob: Blob,
}

fn from_encrypting(error: CallError) -> Error {
    refused(error, |reason| Error::Encryption { reason })
}

fn from_decrypting(error: CallError) -> Error {
    refused(error, |reason| Error::Decryption { reason })
}

/// What KMS refuses is about the key or the caller's rights to it, unless it is about us.
fn refused(error: CallError, about_the_key: impl FnOnce(String) -> Error) -> Error {
    match error {
        CallError::Remote { code, .. } if code == "AccessDeniedException" => Error::KmsAccessDenied,
        CallError::Remote { code, message, .. } if ABOUT_THE_KEY.contains(&code.as_str()) => {
            about_the_key(message)
        }
        CallError::Remote { .. } | CallError::Unavailable(_) | CallError::Malformed(_) => Error::Kms(error),
    }
}

/// KMS's errors that the owner of the key can do something about.
const ABOUT_THE_KEY: [&str; 9] = [
    "NotFoundException",
    "DisabledException",
    "KMSInvalidStateException",
    "InvalidKeyUsageException",
    "InvalidArnException",
    "InvalidCiphertextException",
    "IncorrectKeyException",
    "KeyUnavailableException",
    "ValidationException",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(code: &str, status: u16) -> CallError {
        CallError::Remote { status, code: code.to_owned(), message: "reason".to_owned() }
    }

    #[test]
    fn what_kms_says_of_the_key_is_told() {
        assert!(
            matches!(from_encrypting(remote("DisabledException", 400)), Error::Encryption { reason } if reason == "reason")
        );
        assert!(matches!(from_decrypting(remote("KMSInvalidStateException", 400)), Error::Decryption { .. }));
        assert!(matches!(from_decrypting(remote("AccessDeniedException", 400)), Error::KmsAccessDenied));
    }

    #[test]
    fn what_is_about_this_service_is_not() {
        for code in
            ["UnrecognizedClientException", "InvalidSignatureException", "ServiceUnavailableException", ""]
        {
            assert!(matches!(from_encrypting(remote(code, 400)), Error::Kms(_)), "{code}");
        }
        assert!(matches!(from_decrypting(CallError::Malformed("x")), Error::Kms(_)));
    }
}

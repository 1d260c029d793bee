//! KMS, as this service sees it: asked over HTTP, as ourselves, for the caller. KMS decides for the caller.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html>

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{ApiError, Caller, Common};
use keywright_crypto::{Key256, SecretBytes};
use keywright_service::{CallError, ServiceClient};
use serde::{Deserialize, Serialize};

/// The encryption of SecureStrings.
pub struct Kms {
    client: ServiceClient,
}

/// A data key, in the clear and as KMS has encrypted it.
pub struct DataKey {
    /// In the clear.
    pub plaintext: Key256,
    /// Encrypted.
    pub encrypted: Vec<u8>,
}

/// Why KMS did not encrypt or decrypt.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// KMS refused: the key isn't there or isn't usable, or the caller may not use it.
    #[error("kms refused, code={code}")]
    Refused {
        /// What kind of refusal it is.
        refusal: Refusal,
        /// KMS's error code.
        code: String,
        /// KMS's status.
        status: u16,
        /// KMS's text for the caller.
        message: String,
    },
    /// KMS could not be asked, or failed.
    #[error("kms is unavailable")]
    Unavailable(#[source] CallError),
    /// KMS answered with what can't be.
    #[error("kms was not understood")]
    NotUnderstood(#[source] CallError),
    /// A data key of another length.
    #[error("kms gave a data key of a wrong length")]
    DataKeyLength,
}

/// What a refusal by KMS means for our caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not use the key.
    AccessDenied,
    /// The key can't be used: it isn't there, is disabled, or is for something else.
    Key,
    /// Too many calls.
    Throttled,
    /// What we sent was wrong, or what is stored is damaged.
    Unexpected,
}

impl Kms {
    /// KMS behind `client`.
    #[must_use]
    pub fn new(client: ServiceClient) -> Self {
        Self { client }
    }

    /// Encrypts a value of up to 4096 bytes for the parameter with this ARN.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn encrypt(
        &self,
        caller: &Caller,
        key_id: &str,
        arn: &str,
        plaintext: SecretBytes,
    ) -> Result<Vec<u8>, KmsError> {
        let input = Encrypt {
            key_id,
            plaintext: PlaintextOut(plaintext),
            encryption_context: Context { parameter_arn: arn },
        };
        let encrypted: Encrypted =
            self.client.call("Encrypt", &input, Some(caller)).await.map_err(refused)?;
        Ok(encrypted.ciphertext_blob.into_bytes())
    }

    /// Makes a data key for the parameter with this ARN.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn generate_data_key(
        &self,
        caller: &Caller,
        key_id: &str,
        arn: &str,
    ) -> Result<DataKey, KmsError> {
        let input = GenerateDataKey {
            key_id,
            key_spec: "AES_256",
            encryption_context: Context { parameter_arn: arn },
        };
        let made: Generated =
            self.client.call("GenerateDataKey", &input, Some(caller)).await.map_err(refused)?;
        let plaintext =
            Key256::try_from_slice(made.plaintext.expose_secret()).map_err(|_| KmsError::DataKeyLength)?;
        Ok(DataKey { plaintext, encrypted: made.ciphertext_blob.into_bytes() })
    }

    /// Decrypts what was encrypted for the parameter with this ARN: a value, or a data key.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn decrypt(
        &self,
        caller: &Caller,
        arn: &str,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, KmsError> {
        let input = Decrypt {
            ciphertext_blob: Blob(ciphertext.to_vec()),
            encryption_context: Context { parameter_arn: arn },
        };
        let decrypted: Decrypted =
            self.client.call("Decrypt", &input, Some(caller)).await.map_err(refused)?;
        Ok(decrypted.plaintext)
    }
}

impl From<KmsError> for ApiError {
    fn from(error: KmsError) -> Self {
        match error {
            KmsError::Refused { refusal, code, status, message } => {
                let text = format!("{message} (Service: AWSKMS; Status Code: {status}; Error Code: {code})");
                match refusal {
                    Refusal::AccessDenied => Self::common(Common::AccessDenied, text),
                    Refusal::Key => Self::service("InvalidKeyId", 400, text),
                    Refusal::Throttled => Self::service("ThrottlingException", 400, text),
                    Refusal::Unexpected => {
                        Self::common(Common::InternalFailure, "an internal error occurred").caused_by(text)
                    }
                }
            }
            KmsError::Unavailable(cause) => Self::unavailable("KMS cannot be reached now; try again", cause),
            error @ (KmsError::NotUnderstood(_) | KmsError::DataKeyLength) => Self::internal(error),
        }
    }
}

fn refused(error: CallError) -> KmsError {
    match error {
        CallError::Remote { status, code, message } if status < 500 => {
            KmsError::Refused { refusal: refusal(&code), code, status, message }
        }
        error @ (CallError::Remote { .. } | CallError::Unavailable(_)) => KmsError::Unavailable(error),
        error @ CallError::Malformed(_) => KmsError::NotUnderstood(error),
    }
}

/// By the codes of KMS's own reference.
fn refusal(code: &str) -> Refusal {
    match code {
        "AccessDeniedException" => Refusal::AccessDenied,
        "NotFoundException"
        | "DisabledException"
        | "KMSInvalidStateException"
        | "InvalidKeyUsageException"
        | "KeyUnavailableException"
        | "InvalidArnException"
        | "InvalidGrantTokenException"
        | "ValidationException" => Refusal::Key,
        "ThrottlingException" | "LimitExceededException" => Refusal::Throttled,
        _ => Refusal::Unexpected,
    }
}

/// What a ciphertext is bound to, so that nobody can decrypt it as another parameter's.
#[derive(Serialize)]
struct Context<'a> {
    #[serde(rename = "PARAMETER_ARN")]
    parameter_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: PlaintextOut,
    encryption_context: Context<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    ciphertext_blob: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GenerateDataKey<'a> {
    key_id: &'a str,
    key_spec: &'a str,
    encryption_context: Context<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Generated {
    plaintext: SecretBytes,
    ciphertext_blob: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    ciphertext_blob: Blob,
    encryption_context: Context<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: SecretBytes,
}

#[cfg(test)]
mod tests {
    use keywright_aws_api::Protocol;

    use super::*;

    const PROTOCOL: Protocol = Protocol::Json11 { target_prefix: "AmazonSSM" };

    fn answer(status: u16, code: &str) -> ApiError {
        let error = CallError::Remote { status, code: code.to_owned(), message: "why".to_owned() };
        refused(error).into()
    }

    #[test]
    fn refusals_carry_kmss_words() {
        let denied = answer(400, "AccessDeniedException");
        assert_eq!(denied.code(&PROTOCOL), ("AccessDeniedException", 400));
        assert_eq!(
            denied.message(),
            "why (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
        );
        for code in ["NotFoundException", "DisabledException", "KMSInvalidStateException"] {
            assert_eq!(answer(400, code).code(&PROTOCOL), ("InvalidKeyId", 400), "{code}");
        }
    }

    #[test]
    fn what_is_not_the_callers_fault_is_a_server_error() {
        assert_eq!(answer(503, "ServiceUnavailableException").code(&PROTOCOL).1, 503);
        assert_eq!(answer(500, "KMSInternalException").code(&PROTOCOL).1, 503);
        let damaged = answer(400, "InvalidCiphertextException");
        assert_eq!(damaged.code(&PROTOCOL).1, 500);
        assert!(!damaged.message().contains("why"));
    }
}

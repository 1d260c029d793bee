//! A key of KMS that signs for the audit service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_service::{CallError, ServiceClient};
use serde::Deserialize;
use serde_json::json;

/// A key that KMS holds, and how it signs.
pub(crate) struct SigningKey {
    kms: ServiceClient,
    key_id: String,
    algorithm: &'static str,
}

/// What KMS tells of the key.
pub(crate) struct PublicKey {
    /// Its ARN.
    pub(crate) arn: String,
    /// Its kind, such as `RSA_2048`.
    pub(crate) spec: String,
    /// SubjectPublicKeyInfo, DER.
    pub(crate) spki: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetPublicKeyOutput {
    key_id: String,
    key_spec: String,
    public_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SignOutput {
    signature: String,
}

impl SigningKey {
    /// The key of this id, ARN or alias, which signs by an algorithm of KMS.
    pub(crate) fn new(kms: ServiceClient, key_id: String, algorithm: &'static str) -> Self {
        Self { kms, key_id, algorithm }
    }

    /// Asks KMS for the public key.
    pub(crate) async fn public(&self) -> Result<PublicKey, CallError> {
        let input = json!({ "KeyId": self.key_id });
        let output: GetPublicKeyOutput = self.kms.call("GetPublicKey", &input, None).await?;
        Ok(PublicKey { arn: output.key_id, spec: output.key_spec, spki: decoded(&output.public_key)? })
    }

    /// Has KMS sign a text, which has at most 4096 bytes.
    pub(crate) async fn sign(&self, text: &str) -> Result<Vec<u8>, CallError> {
        let input = json!({
            "KeyId": self.key_id,
            "Message": STANDARD.encode(text),
            "MessageType": "RAW",
            "SigningAlgorithm": self.algorithm,
        });
        let output: SignOutput = self.kms.call("Sign", &input, None).await?;
        decoded(&output.signature)
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, CallError> {
    STANDARD.decode(text).map_err(|_| CallError::Malformed("the answer has bytes that are not base64"))
}

//! The RSA key that signs digest files; KMS holds it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{hex_lower, sha256};
use keywright_service::{CallError, ServiceClient};
use serde::Deserialize;
use serde_json::json;
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode as _;

use super::error::TrailError;

/// Signs digest files.
pub(super) struct DigestKey {
    kms: ServiceClient,
    key_id: String,
    known: Option<DigestPublicKey>,
}

/// What they are verified by.
#[derive(Clone, Debug)]
pub(super) struct DigestPublicKey {
    /// PKCS#1, DER.
    pub(super) pkcs1: Vec<u8>,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublicKey {
    public_key: String,
    key_spec: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signature {
    signature: String,
}

impl DigestKey {
    pub(super) fn new(kms: ServiceClient, key_id: String) -> Self {
        Self { kms, key_id, known: None }
    }

    /// The public key; KMS is asked the first time.
    pub(super) async fn public(&mut self) -> Result<DigestPublicKey, TrailError> {
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let input = json!({ "KeyId": self.key_id });
        let answer: PublicKey =
            self.kms.call("GetPublicKey", &input, None).await.map_err(TrailError::Signing)?;
        if !answer.key_spec.starts_with("RSA_") {
            return Err(TrailError::Key);
        }
        let key = DigestPublicKey::from_spki(&decoded(&answer.public_key)?).ok_or(TrailError::Key)?;
        Ok(self.known.insert(key).clone())
    }

    /// SHA256withRSA, as CloudTrail calls it.
    pub(super) async fn sign(&self, text: &str) -> Result<Vec<u8>, TrailError> {
        let input = json!({
            "KeyId": self.key_id,
            "Message": STANDARD.encode(text),
            "MessageType": "RAW",
            "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
        });
        let answer: Signature = self.kms.call("Sign", &input, None).await.map_err(TrailError::Signing)?;
        decoded(&answer.signature)
    }
}

impl DigestPublicKey {
    fn from_spki(spki: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
        let pkcs1 = info.subject_public_key.as_bytes()?.to_vec();
        let fingerprint = hex_lower(&sha256(&pkcs1)).get(..FINGERPRINT)?.to_owned();
        Some(Self { pkcs1, fingerprint })
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, TrailError> {
    let malformed = CallError::Malformed("the answer has bytes that are not base64");
    STANDARD.decode(text).map_err(|_| TrailError::Signing(malformed))
}

/// As long as CloudTrail's.
const FINGERPRINT: usize = 32;

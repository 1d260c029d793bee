//! The RSA key that signs digest files; KMS holds it.

use keywright_crypto::{hex_lower, sha256};
use keywright_service::ServiceClient;
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode as _;

use super::error::TrailError;
use crate::signing_key::SigningKey;

/// Signs digest files.
pub(super) struct DigestKey {
    signing_key: SigningKey,
    known: Option<DigestPublicKey>,
}

/// What they are verified by.
#[derive(Clone, Debug)]
pub(super) struct DigestPublicKey {
    /// PKCS#1, DER.
    pub(super) pkcs1: Vec<u8>,
    pub(super) fingerprint: String,
}

impl DigestKey {
    pub(super) fn new(kms: ServiceClient, key_id: String) -> Self {
        // SHA256withRSA, as CloudTrail calls it.
        Self { signing_key: SigningKey::new(kms, key_id, "RSASSA_PKCS1_V1_5_SHA_256"), known: None }
    }

    /// The public key; KMS is asked the first time.
    pub(super) async fn public(&mut self) -> Result<DigestPublicKey, TrailError> {
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let public = self.signing_key.public().await.map_err(TrailError::Signing)?;
        if !public.spec.starts_with("RSA_") {
            return Err(TrailError::Key);
        }
        let key = DigestPublicKey::from_spki(&public.spki).ok_or(TrailError::Key)?;
        Ok(self.known.insert(key).clone())
    }

    pub(super) async fn sign(&self, text: &str) -> Result<Vec<u8>, TrailError> {
        self.signing_key.sign(text).await.map_err(TrailError::Signing)
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

/// As long as CloudTrail's.
const FINGERPRINT: usize = 32;

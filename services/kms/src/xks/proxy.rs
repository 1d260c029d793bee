//! The four operations of the API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::XksProxy;
use super::error::XksError;
use super::sealed::Sealed;
use super::wire::{
    AES_GCM, DecryptAnswer, DecryptRequest, EncryptAnswer, EncryptRequest, HealthAnswer, HealthStatus,
    KeyMetadataAnswer, MetadataOnly, RequestMetadata, SHA_256,
};

impl XksProxy {
    /// GetHealthStatus: whether any external key manager behind the proxy works.
    ///
    /// # Errors
    /// [`XksError::NothingBehind`] when none does, or why the proxy can't be asked.
    pub async fn check_health(&self, metadata: &RequestMetadata<'_>) -> Result<(), XksError> {
        let request = MetadataOnly { request_metadata: metadata };
        let HealthAnswer { ekm_fleet_details: managers, .. } = self.exchange("/health", &request).await?;
        if !(1..=MAX_KEY_MANAGERS).contains(&managers.len()) {
            return Err(XksError::Malformed("no external key manager, or too many"));
        }
        let works = |status| matches!(status, HealthStatus::Active | HealthStatus::Degraded);
        if managers.iter().any(|manager| works(manager.health_status)) {
            Ok(())
        } else {
            Err(XksError::NothingBehind)
        }
    }

    /// GetKeyMetadata: whether an external key can stand behind a KMS key.
    ///
    /// # Errors
    /// [`XksError::UnsuitableKey`], or why the proxy can't be asked.
    pub async fn check_key(&self, key_id: &str, metadata: &RequestMetadata<'_>) -> Result<(), XksError> {
        let request = MetadataOnly { request_metadata: metadata };
        let key: KeyMetadataAnswer = self.exchange(&format!("/keys/{key_id}/metadata"), &request).await?;
        let can = |usage: &str| key.key_usage.iter().any(|named| named == usage);
        if key.key_usage.len() > MAX_KEY_USAGES {
            Err(XksError::Malformed("too many key usages"))
        } else if key.key_spec != "AES_256" {
            Err(XksError::UnsuitableKey("it is not an AES key of 256 bits"))
        } else if !can("ENCRYPT") || !can("DECRYPT") {
            Err(XksError::UnsuitableKey("it doesn't both encrypt and decrypt"))
        } else if key.key_status != "ENABLED" {
            Err(XksError::UnsuitableKey("it is not enabled"))
        } else {
            Ok(())
        }
    }

    /// Encrypt.
    ///
    /// # Errors
    /// [`XksError::Malformed`] for an answer that can't be right, or why there is none.
    pub async fn encrypt(
        &self,
        key_id: &str,
        metadata: &RequestMetadata<'_>,
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Sealed, XksError> {
        let request = EncryptRequest {
            request_metadata: metadata,
            additional_authenticated_data: STANDARD.encode(associated_data),
            plaintext: STANDARD.encode(plaintext),
            encryption_algorithm: AES_GCM,
            ciphertext_data_integrity_value_algorithm: SHA_256,
        };
        let answer: EncryptAnswer = self.exchange(&format!("/keys/{key_id}/encrypt"), &request).await?;
        let sealed = Sealed::new(
            decode(&answer.initialization_vector)?,
            &decode(&answer.authentication_tag)?,
            answer.ciphertext_metadata.as_deref().map(decode).transpose()?.unwrap_or_default(),
            decode(&answer.ciphertext)?,
        );
        let sealed = sealed.ok_or(XksError::Malformed("a part of the ciphertext has a wrong length"))?;
        if sealed.ciphertext().len() != plaintext.len() {
            return Err(XksError::Malformed("the ciphertext has another length than the plaintext"));
        }
        let integrity = decode(&answer.ciphertext_data_integrity_value)?;
        if sealed.has_integrity_value(associated_data, &integrity) {
            Ok(sealed)
        } else {
            Err(XksError::Malformed("the integrity value is another ciphertext's"))
        }
    }

    /// Decrypt.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub async fn decrypt(
        &self,
        key_id: &str,
        metadata: &RequestMetadata<'_>,
        associated_data: &[u8],
        sealed: &Sealed,
    ) -> Result<Vec<u8>, XksError> {
        let request = DecryptRequest {
            request_metadata: metadata,
            additional_authenticated_data: STANDARD.encode(associated_data),
            encryption_algorithm: AES_GCM,
            ciphertext: STANDARD.encode(sealed.ciphertext()),
            ciphertext_metadata: sealed.metadata().map(|metadata| STANDARD.encode(metadata)),
            initialization_vector: STANDARD.encode(sealed.iv()),
            authentication_tag: STANDARD.encode(sealed.tag()),
        };
        let answer: DecryptAnswer = self.exchange(&format!("/keys/{key_id}/decrypt"), &request).await?;
        let plaintext = decode(&answer.plaintext)?;
        if plaintext.len() == sealed.ciphertext().len() {
            Ok(plaintext)
        } else {
            Err(XksError::Malformed("the plaintext has another length than the ciphertext"))
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, XksError> {
    STANDARD.decode(text).map_err(|_| XksError::Malformed("not base64"))
}

const MAX_KEY_MANAGERS: usize = 10;
const MAX_KEY_USAGES: usize = 10;

//! The bodies of requests and answers.

use serde::{Deserialize, Serialize};

/// Who asks, and for what: told to the proxy for its log and its own rules.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestMetadata<'a> {
    /// The principal that called KMS; none where KMS asks by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_principal_arn: Option<&'a str>,
    /// The KMS key; none before it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<&'a str>,
    /// The operation of KMS.
    pub kms_operation: &'a str,
    /// The id of the request to KMS, as the audit trail has it.
    pub kms_request_id: String,
    /// The service that called KMS for the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_via_service: Option<&'a str>,
}

/// Of GetKeyMetadata and GetHealthStatus.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetadataOnly<'a> {
    pub(super) request_metadata: &'a RequestMetadata<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EncryptRequest<'a> {
    pub(super) request_metadata: &'a RequestMetadata<'a>,
    pub(super) additional_authenticated_data: String,
    pub(super) plaintext: String,
    pub(super) encryption_algorithm: &'static str,
    pub(super) ciphertext_data_integrity_value_algorithm: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EncryptAnswer {
    pub(super) ciphertext: String,
    pub(super) ciphertext_metadata: Option<String>,
    pub(super) initialization_vector: String,
    pub(super) authentication_tag: String,
    pub(super) ciphertext_data_integrity_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DecryptRequest<'a> {
    pub(super) request_metadata: &'a RequestMetadata<'a>,
    pub(super) additional_authenticated_data: String,
    pub(super) encryption_algorithm: &'static str,
    pub(super) ciphertext: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ciphertext_metadata: Option<String>,
    pub(super) initialization_vector: String,
    pub(super) authentication_tag: String,
}

#[derive(Deserialize)]
pub(super) struct DecryptAnswer {
    pub(super) plaintext: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyMetadataAnswer {
    pub(super) key_spec: String,
    pub(super) key_usage: Vec<String>,
    pub(super) key_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HealthAnswer {
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) xks_proxy_fleet_size: u64,
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) xks_proxy_vendor: String,
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) xks_proxy_model: String,
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) ekm_vendor: String,
    pub(super) ekm_fleet_details: Vec<KeyManager>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyManager {
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) id: String,
    #[expect(dead_code, reason = "an answer without it isn't one")]
    pub(super) model: String,
    pub(super) health_status: HealthStatus,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum HealthStatus {
    Active,
    Degraded,
    Unavailable,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorAnswer {
    pub(super) error_name: String,
    pub(super) error_message: Option<String>,
}

/// The one algorithm of the API's first version.
pub(super) const AES_GCM: &str = "AES_GCM";
/// The one hash for integrity values.
pub(super) const SHA_256: &str = "SHA_256";

//! By which key the log is checked: one that is given, or the one that KMS tells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_audit::log::verify::LogSource;
use keywright_service::Destination;
use keywright_service::kms::{SIGNING_NAME, TARGET_PREFIX};
use keywright_transparency_log::{Checkpoint, KeyKind, Note, VerifierKey};
use serde::Deserialize;
use serde_json::json;

use crate::commands::admin::{Target, call};
use crate::error::CliError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublicKey {
    public_key: String,
}

/// The key that KMS tells, under the name that the log's checkpoint has: not the audit service's own word for it.
pub(super) async fn from_kms(
    target: &Target,
    key_id: &str,
    source: &impl LogSource,
) -> Result<VerifierKey, CliError> {
    let note = source.checkpoint().await?.ok_or(keywright_audit::log::verify::VerifyError::NoCheckpoint)?;
    let origin = Note::parse(&note)
        .and_then(|note| Checkpoint::parse(note.text()))
        .map_err(|cause| CliError::Proof { what: "the log's checkpoint", cause })?
        .origin;
    let kms = target.client_of(Destination {
        endpoint: target.endpoint_url.clone(),
        signing_name: SIGNING_NAME,
        target_prefix: TARGET_PREFIX,
    })?;
    let answer: PublicKey = call(&kms, "GetPublicKey", json!({ "KeyId": key_id })).await?;
    let spki = STANDARD.decode(&answer.public_key).unwrap_or_default();
    VerifierKey::from_spki(&origin, KeyKind::Note, &spki)
        .map_err(|cause| CliError::Proof { what: "the key of the log", cause })
}

/// Reads a key that was given.
pub(super) fn parse(text: &str) -> Result<VerifierKey, String> {
    text.parse().map_err(|error: keywright_transparency_log::LogError| error.to_string())
}

/// The key by which the audit service signs, unless it is told another.
pub(super) const DEFAULT_KEY_ID: &str = "alias/aws/cloudtrail";

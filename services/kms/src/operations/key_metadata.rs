//! The `KeyMetadata` of answers.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>

use keywright_audit_log::Fields;
use keywright_aws_api::AccountId;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use serde::Serialize;

use super::wire::SharedText;
use crate::domain::key::{
    EncryptionAlgorithmSpec, Key, KeyManagerType, KeySpec, KeyState, KeyUsageType, OriginType,
};
use crate::domain::key_id::KeyMaterialId;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    account_id: AccountId,
    key_id: String,
    arn: SharedText,
    creation_date: Timestamp,
    enabled: bool,
    description: String,
    key_usage: KeyUsageType,
    key_state: KeyState,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<Timestamp>,
    origin: OriginType,
    key_manager: KeyManagerType,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    encryption_algorithms: [EncryptionAlgorithmSpec; 1],
    multi_region: bool,
    current_key_material_id: KeyMaterialId,
}

impl KeyMetadata {
    pub(crate) fn new(key: &Key, current_material: KeyMaterialId) -> Self {
        Self {
            account_id: key.account,
            key_id: key.id.to_string(),
            arn: SharedText(key.arn.clone()),
            creation_date: key.created_at.into(),
            enabled: key.state == KeyState::Enabled,
            description: key.description.clone().into(),
            key_usage: key.usage,
            key_state: key.state,
            deletion_date: key.deletion_date.map(Into::into),
            origin: key.origin,
            key_manager: key.manager,
            customer_master_key_spec: key.spec,
            key_spec: key.spec,
            encryption_algorithms: [EncryptionAlgorithmSpec::SymmetricDefault],
            multi_region: key.id.is_multi_region(),
            current_key_material_id: current_material,
        }
    }

    pub(crate) fn account_id(&self) -> &str {
        self.account_id.as_str()
    }

    pub(crate) fn arn(&self) -> &str {
        self.arn.as_str()
    }

    /// As CloudTrail shows it in `responseElements`.
    pub(crate) fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields
            .push_str("aWSAccountId", self.account_id.as_str())
            .push_str("keyId", self.key_id.as_str())
            .push_str("arn", self.arn.as_str())
            .push_str("creationDate", shown_time(self.creation_date.into()))
            .push_bool("enabled", self.enabled)
            .push_str("description", self.description.as_str())
            .push_str("keyUsage", self.key_usage.as_str())
            .push_str("keyState", self.key_state.as_str())
            .push_str("origin", self.origin.as_str())
            .push_str("keyManager", self.key_manager.as_str())
            .push_str("customerMasterKeySpec", self.customer_master_key_spec.as_str())
            .push_str("keySpec", self.key_spec.as_str())
            .push_list(
                "encryptionAlgorithms",
                self.encryption_algorithms.map(EncryptionAlgorithmSpec::as_str),
            )
            .push_bool("multiRegion", self.multi_region)
            .push_str("currentKeyMaterialId", self.current_key_material_id.to_string());
        fields
    }
}

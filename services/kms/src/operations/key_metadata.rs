//! The `KeyMetadata` of answers.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>

use keywright_audit_log::Fields;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{AccountId, Region};
use serde::Serialize;

use super::wire::SharedText;
use crate::domain::algorithms::{
    EncryptionAlgorithmSpec, KeyAgreementAlgorithmSpec, MacAlgorithmSpec, SigningAlgorithmSpec,
};
use crate::domain::custom_store::{Backing, CustomKeyStore};
use crate::domain::entry::{KeyEntry, LoadedMaterial};
use crate::domain::key::{Key, KeyManagerType, MultiRegion, MultiRegionKeyType, OriginType};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::domain::material::ExpirationModelType;
use crate::domain::state::KeyState;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Timestamp>,
    origin: OriginType,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_key_store_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_hsm_cluster_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<ExpirationModelType>,
    key_manager: KeyManagerType,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    encryption_algorithms: &'static [EncryptionAlgorithmSpec],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    signing_algorithms: &'static [SigningAlgorithmSpec],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    key_agreement_algorithms: &'static [KeyAgreementAlgorithmSpec],
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_region_configuration: Option<MultiRegionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_deletion_window_in_days: Option<i32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    mac_algorithms: &'static [MacAlgorithmSpec],
    #[serde(skip_serializing_if = "Option::is_none")]
    xks_key_configuration: Option<XksKeyConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<KeyMaterialId>,
}

/// Where the keys of a multi-Region key are.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionConfiguration {
    multi_region_key_type: MultiRegionKeyType,
    primary_key: MultiRegionKey,
    replica_keys: Vec<MultiRegionKey>,
}

/// One of them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionKey {
    arn: String,
    region: Region,
}

/// The key behind a key in an external key store.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct XksKeyConfiguration {
    id: Box<str>,
}

impl KeyMetadata {
    /// Of a key in memory.
    pub(crate) fn of(entry: &KeyEntry, region: &Region) -> Self {
        let mut metadata = Self::new(&entry.key, region, entry.current_material_id());
        let is_here = |material: &&LoadedMaterial| material.facts.is_permanent() && material.ready.is_some();
        let here = || entry.materials().iter().filter(is_here);
        metadata.valid_to = here().filter_map(|material| material.facts.valid_to).min().map(Into::into);
        // As for the key, it says of the model that there is one material that expires, where there is one.
        metadata.expiration_model = here().filter_map(|material| material.facts.expiration_model()).min();
        metadata
    }

    /// Adds what is known from the custom key store that the key is in.
    pub(crate) fn add_store(&mut self, key: &Key, store: &CustomKeyStore) {
        self.key_state = store.state_of(key);
        self.enabled = self.key_state == KeyState::Enabled;
        if let Backing::CloudHsm(cluster) = &store.backing {
            self.cloud_hsm_cluster_id = Some(cluster.cluster_id.as_str().into());
        }
    }

    /// Of a key in `region`, with the id of its current material.
    pub(crate) fn new(key: &Key, region: &Region, current_material: Option<KeyMaterialId>) -> Self {
        let (spec, usage) = (key.spec, key.usage);
        let custom_store = key.custom_store.as_ref();
        Self {
            account_id: key.account,
            key_id: key.id.to_string(),
            arn: SharedText(key.arn.clone()),
            creation_date: key.created_at.into(),
            enabled: key.state == KeyState::Enabled,
            description: key.description.clone().into(),
            key_usage: usage,
            key_state: key.state,
            deletion_date: key.deletion_date.map(Into::into),
            valid_to: None,
            origin: key.origin,
            custom_key_store_id: custom_store.map(|store| store.store_id.clone()),
            cloud_hsm_cluster_id: None,
            expiration_model: None,
            key_manager: key.manager,
            customer_master_key_spec: spec,
            key_spec: spec,
            encryption_algorithms: spec.encryption_algorithms(usage),
            signing_algorithms: spec.signing_algorithms(usage),
            key_agreement_algorithms: KeySpec::key_agreement_algorithms(usage),
            multi_region: key.id.is_multi_region(),
            multi_region_configuration: key
                .multi_region
                .as_ref()
                .map(|regions| MultiRegionConfiguration::new(key, region, regions)),
            pending_deletion_window_in_days: key.pending_window_days.filter(|_| key.deletion_date.is_none()),
            mac_algorithms: spec.mac_algorithms(),
            xks_key_configuration: custom_store
                .and_then(|store| store.xks_key_id.clone())
                .map(|id| XksKeyConfiguration { id }),
            // Of the other kinds of keys AWS tells none: their material never changes.
            current_key_material_id: current_material
                .filter(|_| spec.is_symmetric_encryption() && custom_store.is_none()),
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
            .push_opt_str("customKeyStoreId", self.custom_key_store_id.as_deref())
            .push_opt_str("cloudHsmClusterId", self.cloud_hsm_cluster_id.as_deref())
            .push_str("keyManager", self.key_manager.as_str())
            .push_str("customerMasterKeySpec", self.customer_master_key_spec.as_str())
            .push_str("keySpec", self.key_spec.as_str());
        push_names(
            &mut fields,
            "encryptionAlgorithms",
            self.encryption_algorithms.iter().map(|a| a.as_str()),
        );
        push_names(&mut fields, "signingAlgorithms", self.signing_algorithms.iter().map(|a| a.as_str()));
        push_names(
            &mut fields,
            "keyAgreementAlgorithms",
            self.key_agreement_algorithms.iter().map(|a| a.as_str()),
        );
        push_names(&mut fields, "macAlgorithms", self.mac_algorithms.iter().map(|a| a.as_str()));
        fields.push_bool("multiRegion", self.multi_region);
        if let Some(regions) = &self.multi_region_configuration {
            fields.push_object("multiRegionConfiguration", regions.shown());
        }
        if let Some(XksKeyConfiguration { id }) = &self.xks_key_configuration {
            let mut configuration = Fields::new();
            configuration.push_str("id", &**id);
            fields.push_object("xksKeyConfiguration", configuration);
        }
        if let Some(id) = self.current_key_material_id {
            fields.push_str("currentKeyMaterialId", id.to_string());
        }
        fields
    }
}

impl MultiRegionConfiguration {
    fn new(key: &Key, region: &Region, regions: &MultiRegion) -> Self {
        let in_region =
            |region: &Region| MultiRegionKey { arn: key.id.arn(region, key.account), region: region.clone() };
        Self {
            multi_region_key_type: regions.key_type(region),
            primary_key: in_region(&regions.primary),
            replica_keys: regions.replicas.iter().map(in_region).collect(),
        }
    }

    fn shown(&self) -> Fields<'_> {
        let shown = |key: &'_ MultiRegionKey| {
            let mut fields = Fields::new();
            fields.push_str("arn", key.arn.clone()).push_str("region", key.region.as_str().to_owned());
            fields
        };
        let mut fields = Fields::new();
        fields
            .push_str("multiRegionKeyType", self.multi_region_key_type.as_str())
            .push_object("primaryKey", shown(&self.primary_key))
            .push_objects("replicaKeys", self.replica_keys.iter().map(shown));
        fields
    }
}

fn push_names<'a>(
    fields: &mut Fields<'a>,
    name: &'static str,
    names: impl ExactSizeIterator<Item = &'a str>,
) {
    if names.len() > 0 {
        fields.push_list(name, names);
    }
}

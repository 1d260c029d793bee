//! ListKeyRotations.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html>

use std::sync::Arc;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown, wire_enum};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use super::wire::page_size;
use crate::domain::entry::{KeyEntry, LoadedMaterial};
use crate::domain::key::OriginType;
use crate::domain::key_id::KeyMaterialId;
use crate::domain::marker;
use crate::domain::material::{ExpirationModelType, KeyMaterialState, RotationType};
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct ListKeyRotations;

wire_enum! {
    /// Which materials are listed.
    pub(crate) enum IncludeKeyMaterial {
        /// Also the first one, and the one that waits for its rotation.
        AllKeyMaterial = "ALL_KEY_MATERIAL",
        /// Those that became the current one by a rotation.
        RotationsOnly = "ROTATIONS_ONLY",
    }
}

wire_enum! {
    /// Whether imported material is here.
    pub(crate) enum ImportState {
        /// It is.
        Imported = "IMPORTED",
        /// It is gone, and can be imported again.
        PendingImport = "PENDING_IMPORT",
    }
}

#[derive(Input)]
pub(crate) struct ListKeyRotationsInput {
    #[member(length = 1..=2048)]
    key_id: String,
    include_key_material: Option<IncludeKeyMaterial>,
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeyRotationsOutput {
    rotations: Vec<RotationsListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

/// One material of the key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RotationsListEntry {
    key_id: String,
    key_material_id: KeyMaterialId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_state: Option<ImportState>,
    key_material_state: KeyMaterialState,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<ExpirationModelType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<RotationType>,
}

impl RotationsListEntry {
    fn new(entry: &KeyEntry, material: &LoadedMaterial) -> Self {
        let facts = &material.facts;
        let imported = entry.key.origin == OriginType::External;
        let is_here = material.ready.is_some();
        let state = if is_here { ImportState::Imported } else { ImportState::PendingImport };
        Self {
            key_id: entry.key.id.to_string(),
            key_material_id: facts.id,
            key_material_description: facts.description.clone().filter(|_| imported),
            import_state: imported.then_some(state),
            key_material_state: facts.state,
            expiration_model: facts.expiration_model().filter(|_| is_here),
            valid_to: facts.valid_to.filter(|_| is_here).map(Into::into),
            rotation_date: facts.rotated.map(|rotated| rotated.at.into()),
            rotation_type: facts.rotated.map(|rotated| rotated.by),
        }
    }
}

impl ListKeyRotationsInput {
    /// The materials that are asked for, behind the marker, oldest first.
    fn select<'e>(&self, entry: &'e KeyEntry) -> Result<Vec<&'e LoadedMaterial>, Error> {
        let after = marker::decode(LIST, self.marker.as_deref())?;
        let all = self.include_key_material == Some(IncludeKeyMaterial::AllKeyMaterial);
        let wanted = |material: &&LoadedMaterial| all || material.facts.rotated.is_some();
        let mut materials: Vec<_> = entry.materials().iter().filter(wanted).collect();
        materials.sort_by_cached_key(|material| place(material));
        if let Some(after) = after {
            materials.retain(|material| place(material) > after);
        }
        Ok(materials)
    }
}

impl Operation for ListKeyRotations {
    type Service = Kms;
    type Input = ListKeyRotationsInput;
    type Output = ListKeyRotationsOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "ListKeyRotations";
    const ACTION: &'static str = "kms:ListKeyRotations";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ListKeyRotationsInput) -> Result<Arc<KeyEntry>, Error> {
        marker::decode(LIST, input.marker.as_deref())?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &ListKeyRotationsInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListKeyRotationsInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &ListKeyRotationsInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry)).get(key, each)
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListKeyRotationsOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        entry.key.check_rotatable()?;
        let page = page_size(input.limit, 100, 1000);
        let mut materials = input.select(entry)?;
        let next_marker = marker::page(LIST, &mut materials, page.len(), |material| place(material));
        let rotations = materials.into_iter().map(|material| RotationsListEntry::new(entry, material));
        Ok(ListKeyRotationsOutput {
            rotations: rotations.collect(),
            truncated: next_marker.is_some(),
            next_marker,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListKeyRotationsInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a ListKeyRotationsOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_opt_str("includeKeyMaterial", input.include_key_material.map(IncludeKeyMaterial::as_str));
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

/// A material's place in the list: when it came, and its id. It stays the same whatever happens to other materials, and
/// sorts as text.
fn place(material: &LoadedMaterial) -> String {
    let facts = &material.facts;
    format!("{:040}-{}", facts.created_at.unix_timestamp_nanos(), facts.id)
}

const LIST: &str = "rotations";

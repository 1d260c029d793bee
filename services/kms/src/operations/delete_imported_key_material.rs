//! DeleteImportedKeyMaterial.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::key_access::{KeyChange, add_context_keys, change_key, on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::entry::KeyEntry;
use crate::domain::key::Key;
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::KeyMaterialState;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct DeleteImportedKeyMaterial;

#[derive(Input)]
pub(crate) struct DeleteImportedKeyMaterialInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 64..=64, pattern = "^[a-f0-9]+$")]
    key_material_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteImportedKeyMaterialOutput {
    key_id: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<KeyMaterialId>,
}

/// A key that waits for its deletion loses its material as any other; one that is being made or changed doesn't.
fn check_state(key: &Key) -> Result<(), Error> {
    match key.state {
        KeyState::Creating | KeyState::Updating => Err(key.wrong_state()),
        KeyState::Enabled
        | KeyState::Disabled
        | KeyState::PendingDeletion
        | KeyState::PendingImport
        | KeyState::PendingReplicaDeletion
        | KeyState::Unavailable => Ok(()),
    }
}

impl Operation for DeleteImportedKeyMaterial {
    type Service = Kms;
    type Input = DeleteImportedKeyMaterialInput;
    type Output = DeleteImportedKeyMaterialOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "DeleteImportedKeyMaterial";
    const ACTION: &'static str = "kms:DeleteImportedKeyMaterial";
    const READ_ONLY: bool = false;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &DeleteImportedKeyMaterialInput,
    ) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &DeleteImportedKeyMaterialInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &DeleteImportedKeyMaterialInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(
        call: &Call,
        _input: &DeleteImportedKeyMaterialInput,
        _entry: &Arc<KeyEntry>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(call, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<DeleteImportedKeyMaterialOutput, Error> {
        let wanted = request.input.key_material_id.as_deref().map(KeyMaterialId::parse);
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_importable()?;
        check_state(&key)?;
        let materials = store::materials::of_key(transaction, &at).await?;
        let mut all = materials.iter().map(|material| &material.facts);
        let material = match wanted {
            Some(id) => Some(all.find(|facts| Some(facts.id) == id).ok_or(Error::MaterialNotFound)?),
            // Where none was ever imported, there is nothing to do.
            None => all.find(|facts| facts.state == KeyMaterialState::Current),
        };
        if let Some(material) = material {
            kms.destroy_material(transaction, &key, material).await?;
            kms.tell_regions_after(work, &key).await?;
        }
        let is_symmetric = key.spec.is_symmetric_encryption();
        Ok(DeleteImportedKeyMaterialOutput {
            key_id: SharedText(key.arn),
            key_material_id: material.map(|material| material.id).filter(|_| is_symmetric),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteImportedKeyMaterialInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a DeleteImportedKeyMaterialOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_opt_str("keyMaterialId", input.key_material_id.as_deref());
        if let Some(output) = output {
            shown
                .response
                .push_str("keyId", output.key_id.as_str())
                .push_opt_str("keyMaterialId", output.key_material_id.map(|id| id.to_string()));
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

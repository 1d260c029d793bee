//! ImportKeyMaterial.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, Timestamp};
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::key_access::{KeyChange, change_key, on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::entry::KeyEntry;
use crate::domain::imported::{ImportType, ImportedFacts};
use crate::domain::key::Key;
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::ExpirationModelType;
use crate::error::Error;
use crate::imported::Import;
use crate::service::Kms;

pub(crate) struct ImportKeyMaterial;

#[derive(Input)]
pub(crate) struct ImportKeyMaterialInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=6144)]
    import_token: Blob,
    #[member(length = 1..=6144)]
    encrypted_key_material: Blob,
    valid_to: Option<Timestamp>,
    expiration_model: Option<ExpirationModelType>,
    import_type: Option<ImportType>,
    #[member(length = 0..=256, pattern = "^[a-zA-Z0-9:/_\\s.-]+$")]
    key_material_description: Option<String>,
    #[member(length = 64..=64, pattern = "^[a-f0-9]+$")]
    key_material_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImportKeyMaterialOutput {
    key_id: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<KeyMaterialId>,
}

impl ImportKeyMaterialInput {
    fn expiration_model(&self) -> ExpirationModelType {
        self.expiration_model.unwrap_or(ExpirationModelType::KeyMaterialExpires)
    }

    /// When the material is to expire.
    fn expiry(&self, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, Error> {
        let valid_to = self.valid_to.map(Timestamp::to_offset_date_time);
        match (self.expiration_model(), valid_to) {
            (ExpirationModelType::KeyMaterialDoesNotExpire, None) => Ok(None),
            (ExpirationModelType::KeyMaterialDoesNotExpire, Some(_)) => Err(Error::Invalid(
                "ValidTo must not be set when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
            )),
            (ExpirationModelType::KeyMaterialExpires, None) => {
                Err(Error::Invalid("ValidTo must be set when ExpirationModel is KEY_MATERIAL_EXPIRES"))
            }
            (ExpirationModelType::KeyMaterialExpires, Some(valid_to)) => {
                if valid_to <= now || valid_to > now + LONGEST_VALIDITY {
                    return Err(Error::Invalid("ValidTo must be in the future, and 365 days away at most"));
                }
                Ok(Some(valid_to))
            }
        }
    }

    fn expected(&self) -> Result<Option<KeyMaterialId>, Error> {
        let Some(text) = &self.key_material_id else { return Ok(None) };
        if self.import_type == Some(ImportType::NewKeyMaterial) {
            return Err(Error::Invalid("KeyMaterialId must not be set when ImportType is NEW_KEY_MATERIAL"));
        }
        KeyMaterialId::parse(text).map(Some).ok_or(Error::Invalid("KeyMaterialId is not a key material id"))
    }

    /// Refuses what only keys with several materials have.
    fn check_members(&self, key: &Key) -> Result<(), Error> {
        let has_any = self.import_type.is_some()
            || self.key_material_description.is_some()
            || self.key_material_id.is_some();
        if has_any && !key.spec.is_symmetric_encryption() {
            return Err(Error::Unsupported(
                "ImportType, KeyMaterialDescription and KeyMaterialId are supported for symmetric encryption keys only",
            ));
        }
        Ok(())
    }
}

impl Operation for ImportKeyMaterial {
    type Service = Kms;
    type Input = ImportKeyMaterialInput;
    type Output = ImportKeyMaterialOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "ImportKeyMaterial";
    const ACTION: &'static str = "kms:ImportKeyMaterial";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &ImportKeyMaterialInput) -> Result<Arc<KeyEntry>, Error> {
        input.expected()?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &ImportKeyMaterialInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ImportKeyMaterialInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &ImportKeyMaterialInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let model = [("ExpirationModel", input.expiration_model().as_str())];
        let valid_to = input.valid_to.map(|time| time.to_offset_date_time().unix_timestamp().to_string());
        let valid_to = valid_to.as_deref().map(|time| ("ValidTo", time));
        let others: Vec<_> = model.into_iter().chain(valid_to).collect();
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, entry.map(|entry| &**entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ImportKeyMaterialOutput, Error> {
        let (now, input, entry) = (kms.now(), request.input, request.resource);
        entry.key.check_importable()?;
        input.check_members(&entry.key)?;
        // Policies decide on the model and the time that are asked for, whether or not they can be had.
        let valid_to = input.expiry(now)?;
        entry.key.check_import_state()?;
        // It takes its time, so it is done before the key is locked.
        let (token, wrapped) = (input.import_token.as_bytes(), input.encrypted_key_material.as_bytes());
        let material = kms.unwrap_import(&entry.key, token, wrapped, now).await?;
        let KeyChange { key, transaction, .. } = change_key(kms, &request, work).await?;
        key.check_import_state()?;
        let description = input.key_material_description.clone();
        let facts = ImportedFacts { description, valid_to, now };
        let import = Import { import_type: input.import_type, expected: input.expected()?, facts };
        kms.import(transaction, &key, &material, import).await?;
        kms.tell_regions_after(work, &key).await?;
        Ok(ImportKeyMaterialOutput {
            key_id: SharedText(key.arn),
            key_material_id: Some(material.id()).filter(|_| key.spec.is_symmetric_encryption()),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ImportKeyMaterialInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a ImportKeyMaterialOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_opt_str(
                "validTo",
                input.valid_to.map(|valid_to| shown_time(valid_to.to_offset_date_time())),
            )
            .push_str("expirationModel", input.expiration_model().as_str())
            .push_opt_str("importType", input.import_type.map(ImportType::as_str))
            .push_opt_str("keyMaterialDescription", input.key_material_description.as_deref())
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

/// How far away the expiry can be.
const LONGEST_VALIDITY: Duration = Duration::days(365);

//! GetKeyRotationStatus.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>

use std::sync::Arc;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct GetKeyRotationStatus;

#[derive(Input)]
pub(crate) struct GetKeyRotationStatusInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetKeyRotationStatusOutput {
    key_rotation_enabled: bool,
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_rotation_start_date: Option<Timestamp>,
}

impl Operation for GetKeyRotationStatus {
    type Service = Kms;
    type Input = GetKeyRotationStatusInput;
    type Output = GetKeyRotationStatusOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "GetKeyRotationStatus";
    const ACTION: &'static str = "kms:GetKeyRotationStatus";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GetKeyRotationStatusInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_any_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &GetKeyRotationStatusInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetKeyRotationStatusInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &GetKeyRotationStatusInput,
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
    ) -> Result<GetKeyRotationStatusOutput, Error> {
        let key = &request.resource.key;
        key.check_rotatable()?;
        let rotation = key.effective_rotation();
        Ok(GetKeyRotationStatusOutput {
            key_rotation_enabled: rotation.is_some(),
            key_id: key.id.to_string(),
            rotation_period_in_days: rotation.map(|rotation| rotation.period_days),
            next_rotation_date: rotation.map(|rotation| rotation.next.into()),
            on_demand_rotation_start_date: key.on_demand.started_at.map(Into::into),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetKeyRotationStatusInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a GetKeyRotationStatusOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

//! GetKeyLastUsage.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html>

use std::sync::Arc;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use crate::domain::entry::KeyEntry;
use crate::domain::usage::{KeyLastUsageTrackingOperation, KeyUsage};
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct GetKeyLastUsage;

#[derive(Input)]
pub(crate) struct GetKeyLastUsageInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetKeyLastUsageOutput {
    key_id: String,
    /// Empty, where no use is known.
    key_last_usage: KeyLastUsageData,
    tracking_start_date: Timestamp,
    key_creation_date: Timestamp,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct KeyLastUsageData {
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<KeyLastUsageTrackingOperation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail_event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_request_id: Option<String>,
}

impl From<KeyUsage> for KeyLastUsageData {
    fn from(usage: KeyUsage) -> Self {
        Self {
            operation: Some(usage.operation),
            timestamp: Some(usage.at.into()),
            cloud_trail_event_id: Some(usage.event_id.to_string()),
            kms_request_id: Some(usage.request_id.to_string()),
        }
    }
}

impl Operation for GetKeyLastUsage {
    type Service = Kms;
    type Input = GetKeyLastUsageInput;
    type Output = GetKeyLastUsageOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "GetKeyLastUsage";
    const ACTION: &'static str = "kms:GetKeyLastUsage";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GetKeyLastUsageInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &GetKeyLastUsageInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetKeyLastUsageInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &GetKeyLastUsageInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry)).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetKeyLastUsageOutput, Error> {
        let entry = request.resource;
        let connection = kms.store.connection().await?;
        let usage = kms.last_usage.of_key(&connection, entry.name()).await?;
        let tracked_since = store::last_usage::tracked_since(&connection).await?;
        Ok(GetKeyLastUsageOutput {
            key_id: entry.key.id.to_string(),
            key_last_usage: usage.map(Into::into).unwrap_or_default(),
            tracking_start_date: tracked_since.max(entry.key.created_at).into(),
            key_creation_date: entry.key.created_at.into(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetKeyLastUsageInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a GetKeyLastUsageOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

//! CancelKeyDeletion.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{KeyChange, change_key, on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct CancelKeyDeletion;

#[derive(Input)]
pub(crate) struct CancelKeyDeletionInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelKeyDeletionOutput {
    key_id: SharedText,
}

impl Operation for CancelKeyDeletion {
    type Service = Kms;
    type Input = CancelKeyDeletionInput;
    type Output = CancelKeyDeletionOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "CancelKeyDeletion";
    const ACTION: &'static str = "kms:CancelKeyDeletion";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &CancelKeyDeletionInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &CancelKeyDeletionInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &CancelKeyDeletionInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &CancelKeyDeletionInput,
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
        work: &mut PostgresWork,
    ) -> Result<CancelKeyDeletionOutput, Error> {
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_pending_deletion()?;
        let state = kms.state_after_deletion(transaction, &key).await?;
        store::keys::set_state(transaction, &at, state, None).await?;
        Ok(CancelKeyDeletionOutput { key_id: SharedText(key.arn) })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CancelKeyDeletionInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a CancelKeyDeletionOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(output) = output {
            shown.response.push_str("keyId", output.key_id.as_str());
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

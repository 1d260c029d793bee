//! UpdateKeyDescription.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::key_access::{KeyChange, change_manageable_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct UpdateKeyDescription;

#[derive(Input)]
pub(crate) struct UpdateKeyDescriptionInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 0..=8192)]
    description: String,
}

impl Operation for UpdateKeyDescription {
    type Service = Kms;
    type Input = UpdateKeyDescriptionInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "UpdateKeyDescription";
    const ACTION: &'static str = "kms:UpdateKeyDescription";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &UpdateKeyDescriptionInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &UpdateKeyDescriptionInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &UpdateKeyDescriptionInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &UpdateKeyDescriptionInput,
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
    ) -> Result<Nothing, Error> {
        let KeyChange { at, transaction, .. } = change_manageable_key(kms, &request, work).await?;
        store::keys::set_description(transaction, &at, &request.input.description).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateKeyDescriptionInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("description", input.description.as_str());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

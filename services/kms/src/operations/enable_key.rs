//! EnableKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::key_access::{KeyChange, change_manageable_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::key::KeyState;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct EnableKey;

#[derive(Input)]
pub(crate) struct EnableKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

impl Operation for EnableKey {
    type Service = Kms;
    type Input = EnableKeyInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "EnableKey";
    const ACTION: &'static str = "kms:EnableKey";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &EnableKeyInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &EnableKeyInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &EnableKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let KeyChange { at, transaction, .. } = change_manageable_key(kms, &request, work).await?;
        store::keys::set_state(transaction, &at, KeyState::Enabled, None).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a EnableKeyInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let (Some(entry), Some(_)) = (entry, output) {
            shown.response.push_str("keyId", &*entry.key.arn);
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

//! DisableKeyRotation.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::key_access::{KeyChange, add_context_keys, change_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct DisableKeyRotation;

#[derive(Input)]
pub(crate) struct DisableKeyRotationInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

impl Operation for DisableKeyRotation {
    type Service = Kms;
    type Input = DisableKeyRotationInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "DisableKeyRotation";
    const ACTION: &'static str = "kms:DisableKeyRotation";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &DisableKeyRotationInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &DisableKeyRotationInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &DisableKeyRotationInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(
        call: &Call,
        _input: &DisableKeyRotationInput,
        _entry: &Arc<KeyEntry>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(call, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_rotatable_automatically()?;
        key.check_primary(&kms.region)?;
        key.check_rotation_state()?;
        store::rotations::set(transaction, &at, None).await?;
        kms.tell_regions_after(work, &key).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DisableKeyRotationInput,
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

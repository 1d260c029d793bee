//! EnableKeyRotation.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::key_access::{KeyChange, add_context_keys, change_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::key::AutomaticRotation;
use crate::domain::rotation::DEFAULT_PERIOD_DAYS;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct EnableKeyRotation;

#[derive(Input)]
pub(crate) struct EnableKeyRotationInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(range = 90..=2560)]
    rotation_period_in_days: Option<i32>,
}

impl EnableKeyRotationInput {
    fn period_days(&self) -> i32 {
        self.rotation_period_in_days.unwrap_or(DEFAULT_PERIOD_DAYS)
    }
}

impl Operation for EnableKeyRotation {
    type Service = Kms;
    type Input = EnableKeyRotationInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "EnableKeyRotation";
    const ACTION: &'static str = "kms:EnableKeyRotation";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &EnableKeyRotationInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &EnableKeyRotationInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &EnableKeyRotationInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(
        call: &Call,
        input: &EnableKeyRotationInput,
        _entry: &Arc<KeyEntry>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(call, keys);
        // The default is decided on as if it were named: leaving it out must not get around a bound.
        keys.push("kms:RotationPeriodInDays", input.period_days().to_string());
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
        let period_days = request.input.period_days();
        let rotation = AutomaticRotation::with_period(key.rotation, period_days, kms.now());
        store::rotations::set(transaction, &at, Some(rotation)).await?;
        kms.tell_regions_after(work, &key).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a EnableKeyRotationInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(days) = input.rotation_period_in_days {
            shown.request.push_i64("rotationPeriodInDays", days.into());
        }
        if let (Some(entry), Some(_)) = (entry, output) {
            shown.response.push_str("keyId", &*entry.key.arn);
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

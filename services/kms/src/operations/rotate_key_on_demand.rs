//! RotateKeyOnDemand.
//!
//! AWS answers before the rotation is done. Here it is done with the answer, but for keys with replica keys: their
//! rotation is under way until the other Regions have the new material.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::key_access::{KeyChange, add_context_keys, change_key, on_key, show_key, unresolved};
use crate::domain::entry::KeyEntry;
use crate::domain::key::OnDemandRotations;
use crate::domain::material::RotationType;
use crate::domain::rotation::MOST_ON_DEMAND_ROTATIONS;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::service::Kms;
use crate::store;

pub(crate) struct RotateKeyOnDemand;

#[derive(Input)]
pub(crate) struct RotateKeyOnDemandInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotateKeyOnDemandOutput {
    key_id: String,
}

impl Operation for RotateKeyOnDemand {
    type Service = Kms;
    type Input = RotateKeyOnDemandInput;
    type Output = RotateKeyOnDemandOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "RotateKeyOnDemand";
    const ACTION: &'static str = "kms:RotateKeyOnDemand";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &RotateKeyOnDemandInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &RotateKeyOnDemandInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &RotateKeyOnDemandInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(
        call: &Call,
        _input: &RotateKeyOnDemandInput,
        _entry: &Arc<KeyEntry>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(call, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<RotateKeyOnDemandOutput, Error> {
        let now = kms.now();
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_rotatable()?;
        key.check_primary(&kms.region)?;
        key.check_rotation_state()?;
        key.check_no_rotation_near(now)?;
        let count = key.on_demand.count;
        if count >= MOST_ON_DEMAND_ROTATIONS {
            return Err(Error::LimitExceeded("A key can be rotated on demand 25 times, and this one was"));
        }
        let rotated = kms.rotate(transaction, &key, RotationType::OnDemand, now).await?;
        let started_at = if rotated.is_none() { Some(now) } else { None };
        let on_demand = OnDemandRotations { count: count + 1, started_at };
        store::rotations::set_on_demand(transaction, &at, on_demand).await?;
        match rotated {
            Some(rotation) => kms.add_event(work, KeyEvent::RotateKey(rotation), &key, now).await?,
            None => kms.wake_peers_after(work),
        }
        Ok(RotateKeyOnDemandOutput { key_id: key.id.to_string() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RotateKeyOnDemandInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a RotateKeyOnDemandOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(output) = output {
            shown.response.push_str("keyId", output.key_id.as_str());
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

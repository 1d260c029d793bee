//! RotateRootKey: the root key that is configured wraps all domain keys from now on.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_root_key::RootKeyError;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::Hierarchy;
use crate::error::Error;
use crate::events::HierarchyEvent;
use crate::service::Kms;
use crate::store;

pub(crate) struct RotateRootKey;

#[derive(Input)]
pub(crate) struct RotateRootKeyInput {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotateRootKeyOutput {
    root_key_id: String,
    /// How many domain keys another root key had wrapped until now.
    rewrapped: usize,
}

impl Operation for RotateRootKey {
    type Service = Kms;
    type Input = RotateRootKeyInput;
    type Output = RotateRootKeyOutput;
    type Resource = Hierarchy;
    type Error = Error;
    const NAME: &'static str = "RotateRootKey";
    const ACTION: &'static str = "keywright:RotateRootKey";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, _call: &Call, _input: &RotateRootKeyInput) -> Result<Hierarchy, Error> {
        Ok(Hierarchy::of(kms))
    }

    fn accesses(_call: &Call, _input: &RotateRootKeyInput, hierarchy: &Hierarchy) -> Accesses {
        hierarchy.access(Self::ACTION)
    }

    async fn run(
        kms: &Kms,
        _request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<RotateRootKeyOutput, Error> {
        let mut rewrapped = 0;
        while rewrap_one(kms).await? {
            rewrapped += 1;
        }
        Ok(RotateRootKeyOutput { root_key_id: kms.domain_keys.roots().current().id().to_string(), rewrapped })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a RotateRootKeyInput,
        _hierarchy: Option<&'a Hierarchy>,
        output: Option<&'a RotateRootKeyOutput>,
    ) {
        if let Some(output) = output {
            let count = i64::try_from(output.rewrapped).unwrap_or(i64::MAX);
            shown.response.push_str("rootKeyId", output.root_key_id.as_str()).push_i64("rewrapped", count);
        }
    }
}

/// Wraps one domain key by the current root key, in a transaction with its record; false if all are. Whoever makes a
/// domain key takes turns with it, so that none is left behind.
async fn rewrap_one(kms: &Kms) -> Result<bool, Error> {
    let transaction = kms.store.begin().await?;
    store::domain_keys::lock(&transaction).await?;
    for row in store::domain_keys::all(&transaction).await? {
        let rewrapped = kms.domain_keys.rewrap(&row.key).await.map_err(|error| match error {
            Error::RootKey(RootKeyError::OtherRootKey { wrapped_by, .. }) => Error::OtherRootKey(wrapped_by),
            other => other,
        })?;
        let Some(rewrapped) = rewrapped else { continue };
        store::domain_keys::set_wrapped(&transaction, rewrapped.id, &rewrapped.wrapped).await?;
        let (id, root_key) = (rewrapped.id, *rewrapped.wrapped.root_key_id());
        kms.commit_hierarchy_event(transaction, HierarchyEvent::RewrapDomainKey { id, root_key }, kms.now())
            .await?;
        return Ok(true);
    }
    transaction.rollback().await?;
    Ok(false)
}

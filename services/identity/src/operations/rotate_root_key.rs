//! RotateRootKey: the root key that is configured wraps all sealing keys from now on. An operation of our own.

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::{Access, Accesses, Arn, Authorized, Call, Input, Operation, Shown, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::bootstrap::SEALING_KEY_PURPOSE;
use crate::directory::Directory;
use crate::error::IdentityError;
use crate::events::Event;
use crate::store::{keys, lock_bootstrap};

pub(crate) struct RotateRootKey;

#[derive(Input)]
pub(crate) struct RotateRootKeyInput {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotateRootKeyOutput {
    root_key_id: String,
    /// How many sealing keys another root key had wrapped until now.
    rewrapped: usize,
}

impl Operation for RotateRootKey {
    type Service = Directory;
    type Input = RotateRootKeyInput;
    type Output = RotateRootKeyOutput;
    /// What the decision is about: it belongs to the installation's first account.
    type Resource = Target;
    type Error = IdentityError;
    const NAME: &'static str = "RotateRootKey";
    const ACTION: &'static str = "keywright:RotateRootKey";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        _input: &RotateRootKeyInput,
    ) -> Result<Target, IdentityError> {
        let arn = Arn::regional("sts", &call.region, directory.home, "key-hierarchy").into();
        let rule = ResourcePolicyRule::Additional;
        Ok(Target { arn, account: Some(directory.home), policy: None, rule })
    }

    fn accesses(_call: &Call, _input: &RotateRootKeyInput, target: &Target) -> Accesses {
        Access::new(Self::ACTION, target.clone()).into()
    }

    async fn run(
        directory: &Directory,
        _request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<RotateRootKeyOutput, IdentityError> {
        let mut rewrapped = 0;
        while rewrap_one(directory).await? {
            rewrapped += 1;
        }
        Ok(RotateRootKeyOutput { root_key_id: directory.root_keys.current().id().to_string(), rewrapped })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a RotateRootKeyInput,
        _target: Option<&'a Target>,
        output: Option<&'a RotateRootKeyOutput>,
    ) {
        if let Some(output) = output {
            let count = i64::try_from(output.rewrapped).unwrap_or(i64::MAX);
            shown.response.push_str("rootKeyId", output.root_key_id.as_str()).push_i64("rewrapped", count);
        }
    }
}

/// Wraps one sealing key by the current root key, in a transaction with its record; false if all are.
async fn rewrap_one(directory: &Directory) -> Result<bool, IdentityError> {
    let transaction = directory.store.begin().await?;
    lock_bootstrap(&transaction).await?;
    for (number, wrapped) in keys::sealing_keys(&transaction).await? {
        let roots = Arc::clone(&directory.root_keys);
        // A root key in an HSM may be waited for.
        let rewrap = move || roots.rewrap(SEALING_KEY_PURPOSE, &wrapped);
        let rewrapped = tokio::task::spawn_blocking(rewrap).await.map_err(|_| IdentityError::TaskEnded)??;
        let Some(rewrapped) = rewrapped else { continue };
        let root_key = *rewrapped.root_key_id();
        keys::replace_sealing_key(&transaction, number, &root_key, &rewrapped).await?;
        let mut parameters = Fields::new();
        parameters.push_i64("keyNumber", number.into()).push_str("rootKeyId", root_key.to_string());
        let (name, account) = ("RewrapSealingKey", Some(directory.home));
        let event = Event { name, account, parameters, elements: Fields::new(), resource: None };
        directory.events.commit(transaction, event, directory.clock.now()).await?;
        return Ok(true);
    }
    transaction.rollback().await?;
    Ok(false)
}

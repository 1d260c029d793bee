//! PutKeyPolicy.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys, boolean};
use super::key_access::{KeyChange, change_key, on_key, show_key, unresolved};
use super::lockout;
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::policy::{self, POLICY_NAME};
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct PutKeyPolicy;

#[derive(Input)]
pub(crate) struct PutKeyPolicyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=128, pattern = "[\\w]+")]
    policy_name: Option<String>,
    #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: String,
    bypass_policy_lockout_safety_check: Option<bool>,
}

impl Operation for PutKeyPolicy {
    type Service = Kms;
    type Input = PutKeyPolicyInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "PutKeyPolicy";
    const ACTION: &'static str = "kms:PutKeyPolicy";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &PutKeyPolicyInput) -> Result<Arc<KeyEntry>, Error> {
        policy::check_name(input.policy_name.as_deref())?;
        policy::check(&input.policy)?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &PutKeyPolicyInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &PutKeyPolicyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &PutKeyPolicyInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("BypassPolicyLockoutSafetyCheck", boolean(input.bypass_policy_lockout_safety_check))];
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, entry.map(|entry| &**entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        if request.input.bypass_policy_lockout_safety_check != Some(true) {
            let policy = policy::compile(&request.input.policy, &request.resource.key.arn)?;
            lockout::check(request.call, request.resource, &policy)?;
        }
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_made()?;
        store::keys::set_policy(transaction, &at, &request.input.policy).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a PutKeyPolicyInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a Nothing>,
    ) {
        let bypass = input.bypass_policy_lockout_safety_check.unwrap_or(false);
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("policyName", input.policy_name.as_deref().unwrap_or(POLICY_NAME))
            .push_str("policy", input.policy.as_str())
            .push_bool("bypassPolicyLockoutSafetyCheck", bypass);
        show_key(shown, entry.map(|entry| &**entry));
    }
}

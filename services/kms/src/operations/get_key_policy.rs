//! GetKeyPolicy.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use crate::domain::entry::KeyEntry;
use crate::domain::policy::{self, POLICY_NAME};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct GetKeyPolicy;

#[derive(Input)]
pub(crate) struct GetKeyPolicyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=128, pattern = "[\\w]+")]
    policy_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetKeyPolicyOutput {
    policy: String,
    policy_name: &'static str,
}

impl Operation for GetKeyPolicy {
    type Service = Kms;
    type Input = GetKeyPolicyInput;
    type Output = GetKeyPolicyOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "GetKeyPolicy";
    const ACTION: &'static str = "kms:GetKeyPolicy";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GetKeyPolicyInput) -> Result<Arc<KeyEntry>, Error> {
        policy::check_name(input.policy_name.as_deref())?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &GetKeyPolicyInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetKeyPolicyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &GetKeyPolicyInput,
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
    ) -> Result<GetKeyPolicyOutput, Error> {
        let entry = request.resource;
        let connection = kms.store.connection().await?;
        let policy = store::keys::policy(&connection, &KeyRow::new(&kms.region, entry.name())).await?;
        let policy = policy.ok_or_else(|| Error::KeyNotFound { arn: entry.key.arn.to_string() })?;
        Ok(GetKeyPolicyOutput { policy, policy_name: POLICY_NAME })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetKeyPolicyInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a GetKeyPolicyOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        shown.request.push_opt_str("policyName", input.policy_name.as_deref());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

//! ListKeyPolicies.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use crate::domain::entry::KeyEntry;
use crate::domain::marker;
use crate::domain::policy::POLICY_NAME;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct ListKeyPolicies;

#[derive(Input)]
pub(crate) struct ListKeyPoliciesInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeyPoliciesOutput {
    policy_names: [&'static str; 1],
    truncated: bool,
}

impl Operation for ListKeyPolicies {
    type Service = Kms;
    type Input = ListKeyPoliciesInput;
    type Output = ListKeyPoliciesOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "ListKeyPolicies";
    const ACTION: &'static str = "kms:ListKeyPolicies";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ListKeyPoliciesInput) -> Result<Arc<KeyEntry>, Error> {
        // The list has one page, so no token was ever given for another.
        marker::decode("policies", input.marker.as_deref())?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &ListKeyPoliciesInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListKeyPoliciesInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &ListKeyPoliciesInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry)).get(key, each)
    }

    async fn run(
        _kms: &Kms,
        _request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListKeyPoliciesOutput, Error> {
        Ok(ListKeyPoliciesOutput { policy_names: [POLICY_NAME], truncated: false })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListKeyPoliciesInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a ListKeyPoliciesOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

//! May the caller? Every access must be allowed, or nothing is done.

use keywright_policy::{Decision, Policies, Request};

use super::global_keys::RequestKeys;
use crate::context::ContextKeys;
use crate::error::{ApiError, Common};
use crate::operation::{Access, Call};

/// Decides on all accesses; the first refusal is the answer.
pub(crate) fn authorize(
    call: &Call,
    accesses: &[Access],
    add_keys: impl FnOnce(&mut ContextKeys),
) -> Result<(), ApiError> {
    if accesses.is_empty() {
        return Ok(());
    }
    let mut keys = ContextKeys::default();
    add_keys(&mut keys);
    accesses.iter().try_for_each(|access| decide(call, access, &keys))
}

fn decide(call: &Call, access: &Access, of_operation: &ContextKeys) -> Result<(), ApiError> {
    let caller = &call.caller;
    let keys = RequestKeys { call, resource_account: access.target.account, of_operation };
    let request = Request {
        principal: &caller.principal,
        action: access.action,
        resource: &access.target.arn,
        context: &keys,
    };
    let policies = Policies {
        identity: &caller.policies,
        boundary: None,
        session: None,
        resource: access.target.policy.as_deref(),
        resource_rule: access.target.rule,
        grants: &access.grants,
    };
    let resource_account = access.target.account.unwrap_or_else(|| call.account());
    match keywright_policy::decide(&request, &policies, resource_account.as_str()) {
        Decision::Allow { .. } => Ok(()),
        Decision::Deny(refusal) => Err(ApiError::common(
            Common::AccessDenied,
            refusal.message(&caller.principal.arn, access.action, &access.target.arn),
        )),
    }
}

//! May the caller? Every access must be allowed, or nothing is done.

use std::sync::Arc;

use keywright_policy::{
    AllowedBy, ContextKeys as Lookup, Decision, Policies, Policy, Principal, Refusal, Request,
    ResourcePolicyAnswer,
};
use smallvec::SmallVec;

use super::global_keys::RequestKeys;
use crate::context::ContextKeys;
use crate::error::{ApiError, Common};
use crate::operation::{Access, Call, Operation};

/// The ids of the grants without which an operation would not have been allowed.
pub(crate) type DecidingGrants = SmallVec<[Arc<str>; 1]>;

/// Decides on all accesses of an operation; the first refusal is the answer. `loaded` is absent where loading failed.
pub(crate) fn authorize<O: Operation>(
    call: &Call,
    input: &O::Input,
    loaded: Option<&O::Resource>,
) -> Result<DecidingGrants, ApiError> {
    let accesses = match loaded {
        Some(loaded) => O::accesses(call, input, loaded),
        None => O::accesses_unloaded(call, input),
    };
    let mut pushed = ContextKeys::default();
    if let Some(loaded) = loaded
        && !accesses.is_empty()
    {
        O::context_keys(call, input, loaded, &mut pushed);
    }
    let mut grants = DecidingGrants::new();
    for (index, access) in accesses.iter().enumerate() {
        let keys = AccessKeys::<O> { call, input, loaded, index, pushed: &pushed };
        grants.extend(decide(call, access, &keys)?);
    }
    Ok(grants)
}

/// The condition keys that an operation adds to one of its accesses.
struct AccessKeys<'a, O: Operation> {
    call: &'a Call,
    input: &'a O::Input,
    loaded: Option<&'a O::Resource>,
    index: usize,
    pushed: &'a ContextKeys,
}

impl<O: Operation> Lookup for AccessKeys<'_, O> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let pushed = self.pushed.get(key, each);
        O::condition_key(self.call, self.input, self.loaded, self.index, key, each) || pushed
    }
}

/// What a policy, were it the resource's, would say by itself to an access of this caller; `keys` are those that the
/// operation adds. For operations which check a policy before they set it.
#[must_use]
pub fn ask_policy(call: &Call, access: &Access, keys: &dyn Lookup, policy: &Policy) -> ResourcePolicyAnswer {
    let keys = RequestKeys { call, resource_account: access.target.account, of_operation: keys };
    let request = Request {
        principal: &call.caller.principal,
        action: access.action,
        resource: &access.target.arn,
        context: &keys,
    };
    keywright_policy::resource_policy_allows(&request, policy)
}

/// Whether one more access is allowed, decided like those that an operation names; `keys` are those that the operation adds.
/// For operations that answer for each of several resources by itself, or that look ahead.
///
/// # Errors
/// [`Common::AccessDenied`].
pub fn check_access(call: &Call, access: &Access, keys: &dyn Lookup) -> Result<(), ApiError> {
    decide(call, access, keys).map(drop)
}

/// Whether any policy of the caller's could deny something explicitly: where none can, [`denies`] need not be asked.
#[must_use]
pub fn has_denials(call: &Call) -> bool {
    let caller = &call.caller;
    let of_session =
        caller.session.iter().flat_map(|session| session.policies.iter().flat_map(|all| all.iter()));
    let attached = caller.policies.iter().chain(of_session).map(|policy| &**policy);
    attached.chain(caller.boundary.as_deref()).any(Policy::has_denials)
}

/// Whether a policy denies this access explicitly; `keys` are those that the operation adds. For operations that leave out
/// of what they list what the caller is denied.
#[must_use]
pub fn denies(call: &Call, access: &Access, keys: &dyn Lookup) -> bool {
    matches!(evaluate(call, access, keys), Decision::Deny(Refusal::ExplicitDeny { .. }))
}

/// Whether the access is allowed; the id of the grant that allows it, if one does.
fn decide(call: &Call, access: &Access, of_operation: &dyn Lookup) -> Result<Option<Arc<str>>, ApiError> {
    match evaluate(call, access, of_operation) {
        Decision::Allow { by: AllowedBy::Grant { grant } } => {
            Ok(access.grants.get(grant).map(|grant| Arc::clone(&grant.id)))
        }
        Decision::Allow { by: AllowedBy::AccountRoot | AllowedBy::Statement { .. } } => Ok(None),
        Decision::Deny(refusal) => {
            let principal = access.principal.as_deref().unwrap_or(&call.caller.principal);
            Err(ApiError::common(Common::AccessDenied, refusal_message(access, principal, &refusal)))
        }
    }
}

fn evaluate(call: &Call, access: &Access, of_operation: &dyn Lookup) -> Decision {
    let caller = &call.caller;
    let keys = RequestKeys { call, resource_account: access.target.account, of_operation };
    let principal = access.principal.as_deref().unwrap_or(&caller.principal);
    let request = Request { principal, action: access.action, resource: &access.target.arn, context: &keys };
    let of_resource = Policies {
        resource: access.target.policy.as_deref(),
        resource_rule: access.target.rule,
        grants: &access.grants,
        ..Policies::default()
    };
    let policies = match access.principal {
        Some(_) => of_resource,
        None => Policies {
            identity: &caller.policies,
            boundary: caller.boundary.as_deref(),
            session: caller.session.as_ref().and_then(|session| session.policies.as_deref()),
            ..of_resource
        },
    };
    let resource_account = access.target.account.unwrap_or_else(|| call.account());
    keywright_policy::decide(&request, &policies, resource_account.as_str())
}

/// As AWS words it. Whom an identity provider vouches for isn't told by which name the provider is known.
fn refusal_message(access: &Access, principal: &Principal, refusal: &Refusal) -> String {
    let (action, arn) = (access.action, &access.target.arn);
    match (access.reticent, &access.principal) {
        (false, _) => refusal.message(&principal.arn, action, arn),
        (true, None) => {
            format!("User: {} is not authorized to perform: {action} on resource: {arn}", principal.arn)
        }
        (true, Some(_)) => format!("Not authorized to perform {action}"),
    }
}

//! From identity's facts to the caller that the pipeline decides upon.

use std::sync::Arc;

use keywright_aws_api::{Caller, CallerKind, ForwardToken};
use keywright_policy::{PolicyError, Principal};

use super::message::{Facts, PrincipalFacts};
use super::policies::CompiledPolicies;

/// The caller of these facts.
///
/// # Errors
/// [`PolicyError`] when one of its policies can't be understood.
pub(super) fn caller(facts: &Facts, policies: &CompiledPolicies) -> Result<Arc<Caller>, PolicyError> {
    let (principal, account, kind) = match &facts.principal {
        PrincipalFacts::Root { account, arn } => {
            (Principal::root(arn, account.as_str()), Some(*account), CallerKind::Root)
        }
        PrincipalFacts::User { account, arn, user_name } => {
            let kind = CallerKind::User { user_name: user_name.clone() };
            (Principal::user(arn, account.as_str()), Some(*account), kind)
        }
        PrincipalFacts::Service { name } => {
            (Principal::service(name), None, CallerKind::Service { name: name.clone() })
        }
    };
    Ok(Arc::new(Caller {
        principal,
        account,
        kind,
        principal_id: facts.principal_id.clone(),
        access_key_id: facts.access_key_id.clone(),
        policies: policies.compile(&facts.policies)?,
        forward_token: facts.forward_token.as_deref().map(ForwardToken::new),
    }))
}

//! From identity's facts to the caller that the pipeline decides upon.

use std::sync::Arc;

use keywright_aws_api::{Arn, Caller, CallerKind, ForwardToken, Session};
use keywright_policy::{Policy, PolicyError, Principal};
use time::OffsetDateTime;

use super::message::{Facts, PolicyFacts, PrincipalFacts, SessionFacts};
use crate::compiled_policies::CompiledPolicies;

/// Facts that nothing can be decided upon.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnreadableFacts {
    /// A policy that this version doesn't understand might deny.
    #[error("a policy of the caller is not understood")]
    Policy(#[from] PolicyError),
    /// No such time.
    #[error("the time of the session is not understood")]
    Time(#[from] time::error::ComponentRange),
}

/// The caller of these facts.
///
/// # Errors
/// [`UnreadableFacts`] when one of its policies, or a time, can't be understood.
pub(super) fn caller(facts: &Facts, policies: &CompiledPolicies) -> Result<Arc<Caller>, UnreadableFacts> {
    let (principal, account, kind) = match &facts.principal {
        PrincipalFacts::Root { account, arn } => {
            (Principal::root(arn, account.as_str()), Some(*account), CallerKind::Root)
        }
        PrincipalFacts::User { account, arn, user_name } => {
            let kind = CallerKind::User { user_name: user_name.clone() };
            (Principal::user(arn, account.as_str()), Some(*account), kind)
        }
        PrincipalFacts::Role { account, role_arn, role_name, session_name } => {
            let arn =
                Arn::global("sts", account.as_str(), &format!("assumed-role/{role_name}/{session_name}"));
            let kind = CallerKind::Role { role_name: role_name.clone(), session_name: session_name.clone() };
            (Principal::role_session(arn, role_arn, account.as_str()), Some(*account), kind)
        }
        PrincipalFacts::FederatedUser { account, issuer_arn, user_name } => {
            let arn = Arn::global("sts", account.as_str(), &format!("federated-user/{user_name}"));
            let kind = CallerKind::FederatedUser { user_name: user_name.clone() };
            (Principal::federated_user(arn, issuer_arn, account.as_str()), Some(*account), kind)
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
        policies: compile_all(&facts.policies, policies)?,
        boundary: facts.boundary.as_ref().map(|policy| compile(policy, policies)).transpose()?,
        tags: facts.tags.clone(),
        session: facts.session.as_ref().map(|facts| session(facts, policies)).transpose()?,
        forward_token: facts.forward_token.as_deref().map(ForwardToken::new),
    }))
}

fn session(facts: &SessionFacts, policies: &CompiledPolicies) -> Result<Session, UnreadableFacts> {
    Ok(Session {
        issuer_id: facts.issuer_id.clone(),
        issued_at: OffsetDateTime::from_unix_timestamp(facts.issued_at)?,
        policies: facts.policies.as_ref().map(|facts| compile_all(facts, policies)).transpose()?,
        source_identity: facts.source_identity.clone(),
        federated_provider: facts.federated_provider.clone(),
        transitive_tag_keys: facts.transitive_tag_keys.clone(),
    })
}

fn compile_all(facts: &[PolicyFacts], policies: &CompiledPolicies) -> Result<Vec<Arc<Policy>>, PolicyError> {
    facts.iter().map(|facts| compile(facts, policies)).collect()
}

fn compile(facts: &PolicyFacts, policies: &CompiledPolicies) -> Result<Arc<Policy>, PolicyError> {
    policies.compile(facts.arn.as_deref().unwrap_or(&facts.name), &facts.document)
}

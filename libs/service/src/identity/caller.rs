//! From identity's facts to the caller that the pipeline decides upon.

use std::sync::Arc;

use keywright_aws_api::{Caller, CallerKind, ForwardToken, Session};
use keywright_policy::{Policy, PolicyError};
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
    let (account, kind) = match &facts.principal {
        PrincipalFacts::Root { account, .. } => (Some(*account), CallerKind::Root),
        PrincipalFacts::User { account, user_name, .. } => {
            (Some(*account), CallerKind::User { user_name: user_name.clone() })
        }
        PrincipalFacts::Role { account, role_name, session_name, .. } => {
            let kind = CallerKind::Role { role_name: role_name.clone(), session_name: session_name.clone() };
            (Some(*account), kind)
        }
        PrincipalFacts::FederatedUser { account, user_name, .. } => {
            (Some(*account), CallerKind::FederatedUser { user_name: user_name.clone() })
        }
        PrincipalFacts::Service { name } => (None, CallerKind::Service { name: name.clone() }),
    };
    Ok(Arc::new(Caller {
        principal: facts.principal.to_principal(),
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

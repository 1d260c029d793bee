//! The decision itself, as the
//! [evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html) has it.

use crate::compile::Target;
use crate::document::Effect;
use crate::principal::Closeness;
use crate::{
    AllowedBy, Decision, Policies, Policy, PolicyKind, PrincipalKind, Refusal, Request, ResourcePolicyRule,
    StatementName,
};

/// Decides a request on a resource of the given account.
///
/// - An explicit deny in any policy wins.
/// - Within one account an identity policy is enough, or the resource's policy where it names the principal; the
///   account's root user needs no identity policy. Where the resource's policy is
///   [required](ResourcePolicyRule::Required), identity policies count only if it names the account.
/// - Across accounts both sides must allow: the resource's policy and the principal's.
/// - A permissions boundary and session policies narrow what identity policies give, and what the resource's policy
///   gives to everyone or to the role behind a session; not what it gives to a user or a session by its own ARN
///   (but session policies narrow what is given to a user).
/// - A service gets only what the resource's policy gives it by name.
#[must_use]
pub fn decide(request: &Request<'_>, policies: &Policies<'_>, resource_account: &str) -> Decision {
    let target = Target::new(request);
    if let Some(refusal) = explicit_deny(&target, policies) {
        return Decision::Deny(refusal);
    }
    let granted = policies.resource.and_then(|p| p.closest(Effect::Allow, &target, PolicyKind::Resource));
    let by_resource = |statement| AllowedBy::Statement { kind: PolicyKind::Resource, policy: 0, statement };
    let outcome = if request.principal.kind == PrincipalKind::Service {
        match granted {
            Some((statement, Closeness::Itself)) => Ok(by_resource(statement)),
            _ => Err(PolicyKind::Resource),
        }
    } else if request.principal.account == resource_account {
        match granted {
            Some((statement, Closeness::Itself)) => {
                let narrowed = request.principal.kind == PrincipalKind::User;
                let within = if narrowed { within_session(&target, policies) } else { Ok(()) };
                within.map(|()| by_resource(statement))
            }
            Some((statement, Closeness::Role | Closeness::Everyone)) => within_boundary(&target, policies)
                .and_then(|()| within_session(&target, policies))
                .map(|()| by_resource(statement)),
            Some((_, Closeness::Account)) => by_identity(&target, policies, request.principal.kind),
            None if policies.resource_rule == ResourcePolicyRule::Required => Err(PolicyKind::Resource),
            None => by_identity(&target, policies, request.principal.kind),
        }
    } else if granted.is_none() {
        Err(PolicyKind::Resource)
    } else {
        by_identity(&target, policies, request.principal.kind)
    };
    match outcome {
        Ok(by) => Decision::Allow { by },
        Err(lacking) => Decision::Deny(Refusal::Implicit { lacking }),
    }
}

fn explicit_deny(target: &Target<'_>, policies: &Policies<'_>) -> Option<Refusal> {
    let denied = |policy: &Policy, kind| {
        let (index, _) = policy.first(Effect::Deny, target, kind)?;
        let statement = StatementName { policy: policy.shared_name(), sid: policy.sid(index), index };
        Some(Refusal::ExplicitDeny { kind, statement })
    };
    let resource = policies.resource.and_then(|policy| denied(policy, PolicyKind::Resource));
    resource
        .or_else(|| policies.identity.iter().find_map(|policy| denied(policy, PolicyKind::Identity)))
        .or_else(|| policies.boundary.and_then(|policy| denied(policy, PolicyKind::Boundary)))
        .or_else(|| policies.session?.iter().find_map(|policy| denied(policy, PolicyKind::Session)))
}

/// What the principal's own side allows, or the kind of policy that lacks an allow.
fn by_identity(
    target: &Target<'_>,
    policies: &Policies<'_>,
    kind: PrincipalKind,
) -> Result<AllowedBy, PolicyKind> {
    let by = match kind {
        PrincipalKind::Root => Some(AllowedBy::AccountRoot),
        PrincipalKind::User | PrincipalKind::Role => {
            policies.identity.iter().enumerate().find_map(|(index, policy)| {
                let (statement, _) = policy.first(Effect::Allow, target, PolicyKind::Identity)?;
                Some(AllowedBy::Statement { kind: PolicyKind::Identity, policy: index, statement })
            })
        }
        PrincipalKind::Service => None,
    };
    let by = by.ok_or(PolicyKind::Identity)?;
    within_boundary(target, policies)?;
    within_session(target, policies)?;
    Ok(by)
}

fn within_boundary(target: &Target<'_>, policies: &Policies<'_>) -> Result<(), PolicyKind> {
    match policies.boundary {
        Some(boundary) if boundary.first(Effect::Allow, target, PolicyKind::Boundary).is_none() => {
            Err(PolicyKind::Boundary)
        }
        _ => Ok(()),
    }
}

fn within_session(target: &Target<'_>, policies: &Policies<'_>) -> Result<(), PolicyKind> {
    let allows = |policy: &Policy| policy.first(Effect::Allow, target, PolicyKind::Session).is_some();
    match policies.session {
        Some(session) if !session.iter().any(|policy| allows(policy)) => Err(PolicyKind::Session),
        _ => Ok(()),
    }
}

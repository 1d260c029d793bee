//! The decision itself, as the
//! [evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html) has it,
//! and KMS's [own](https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html).

use crate::compile::Target;
use crate::document::Effect;
use crate::explain::Rule;
use crate::principal::{Closeness, Named};
use crate::{
    AllowedBy, Decision, Grant, Policies, Policy, PolicyKind, PrincipalKind, PrincipalName, Refusal, Request,
    ResourcePolicyRule, StatementName,
};

/// Decides a request on a resource of the given account.
///
/// - An explicit deny in any policy wins.
/// - Within one account an identity policy is enough, or the resource's policy where it names the principal; the
///   account's root user needs no identity policy. Where the resource's policy is
///   [required](ResourcePolicyRule::Required), identity policies count only if it names the account, and the root user
///   too needs it.
/// - Across accounts both sides must allow: the resource's policy and the principal's.
/// - A grant allows whom it names, without any policy, also across accounts; one to an account leaves the decision to
///   that account's identity policies.
/// - A permissions boundary and session policies narrow what identity policies give, and what the resource's policy or a
///   grant gives to the role (or user) behind a session. Within the account they don't narrow what is given to a session
///   by its own ARN, and a boundary doesn't narrow what is given to a user by its own ARN, or to everyone.
/// - A service and an identity provider get only what the resource's policy or a grant gives them by name.
#[must_use]
pub fn decide(request: &Request<'_>, policies: &Policies<'_>, resource_account: &str) -> Decision {
    let target = Target::new(request, policies.boundary.is_some());
    decide_noting(&target, policies, resource_account, |_| {})
}

/// Decides, and notes each rule that was applied.
pub(crate) fn decide_noting(
    target: &Target<'_>,
    policies: &Policies<'_>,
    resource_account: &str,
    mut note: impl FnMut(Rule),
) -> Decision {
    if let Some((kind, statement)) = explicit_deny(target, policies) {
        note(Rule::ExplicitDeny(kind));
        return Decision::Deny(Refusal::ExplicitDeny { kind, statement });
    }
    note(Rule::NoExplicitDeny);
    let given = Given { policy: given_by_policy(target, policies), grant: given_by_grants(target, policies) };
    match given {
        Given { policy: None, grant: None } => note(Rule::ResourceSilent),
        Given { policy, grant } => {
            policy.iter().for_each(|(_, closeness)| note(Rule::ResourceAllows(*closeness)));
            grant.iter().for_each(|(_, closeness)| note(Rule::GrantAllows(*closeness)));
        }
    }
    let mut deciding = Deciding { target, policies, note: &mut note };
    match deciding.outcome(given, resource_account) {
        Ok(by) => Decision::Allow { by },
        Err(lacking) => Decision::Deny(Refusal::Implicit { lacking }),
    }
}

/// What the resource's side gives the principal, by the statement and by the grant that name it most closely.
#[derive(Clone, Copy)]
struct Given {
    policy: Option<(AllowedBy, Closeness)>,
    grant: Option<(AllowedBy, Closeness)>,
}

impl Given {
    fn closest(self) -> Option<(AllowedBy, Closeness)> {
        self.grant.into_iter().chain(self.policy).max_by_key(|(_, closeness)| *closeness)
    }
}

fn given_by_policy(target: &Target<'_>, policies: &Policies<'_>) -> Option<(AllowedBy, Closeness)> {
    let kind = PolicyKind::Resource;
    let (statement, closeness) = policies.resource?.closest(Effect::Allow, target, kind)?;
    Some((AllowedBy::Statement { kind, policy: 0, statement }, closeness))
}

fn given_by_grants(target: &Target<'_>, policies: &Policies<'_>) -> Option<(AllowedBy, Closeness)> {
    let naming =
        policies.grants.iter().enumerate().filter_map(|(grant, granted)| {
            Some((AllowedBy::Grant { grant }, grant_closeness(granted, target)?))
        });
    naming.max_by_key(|(_, closeness)| *closeness)
}

/// How closely a grant names the principal, if it does.
pub(crate) fn grant_closeness(grant: &Grant, target: &Target<'_>) -> Option<Closeness> {
    Named::of(Some(PrincipalName::of_grantee(&grant.grantee)?)).fits(&target.asking, Effect::Allow)
}

fn explicit_deny(target: &Target<'_>, policies: &Policies<'_>) -> Option<(PolicyKind, StatementName)> {
    let denied = |policy: &Policy, kind| {
        let index = policy.first(Effect::Deny, target, kind)?;
        Some((kind, policy.statement_name(index)))
    };
    let resource = policies.resource.and_then(|policy| denied(policy, PolicyKind::Resource));
    resource
        .or_else(|| policies.identity.iter().find_map(|policy| denied(policy, PolicyKind::Identity)))
        .or_else(|| policies.boundary.and_then(|policy| denied(policy, PolicyKind::Boundary)))
        .or_else(|| policies.session?.iter().find_map(|policy| denied(policy, PolicyKind::Session)))
}

/// A decision on its way, with nothing denied. Each step answers with what allows, or with the kind of policy that lacks
/// an allow.
struct Deciding<'a, 't, N> {
    target: &'a Target<'t>,
    policies: &'a Policies<'a>,
    note: &'a mut N,
}

impl<N: FnMut(Rule)> Deciding<'_, '_, N> {
    fn outcome(&mut self, given: Given, resource_account: &str) -> Result<AllowedBy, PolicyKind> {
        let principal = self.target.request.principal;
        match principal.kind {
            PrincipalKind::Service | PrincipalKind::IdentityProvider => {
                (self.note)(Rule::OnlyByName);
                match given.closest() {
                    Some((by, Closeness::Itself)) => Ok(by),
                    _ => Err(PolicyKind::Resource),
                }
            }
            PrincipalKind::Root
            | PrincipalKind::User
            | PrincipalKind::Role
            | PrincipalKind::FederatedUser => {
                if principal.account == resource_account {
                    (self.note)(Rule::SameAccount);
                    self.within_account(given)
                } else {
                    (self.note)(Rule::OtherAccount);
                    self.across_accounts(given)
                }
            }
        }
    }

    fn within_account(&mut self, given: Given) -> Result<AllowedBy, PolicyKind> {
        match given.closest() {
            Some((by, Closeness::Itself)) if self.target.request.principal.kind != PrincipalKind::User => {
                Ok(by)
            }
            Some((by, Closeness::Itself | Closeness::Everyone)) => {
                self.within_session()?;
                Ok(by)
            }
            Some((by, Closeness::Issuer)) => self.narrowed(by),
            Some((_, Closeness::Account)) => self.by_identity(),
            None if self.policies.resource_rule == ResourcePolicyRule::Required => {
                (self.note)(Rule::ResourcePolicyRequired);
                Err(PolicyKind::Resource)
            }
            None => self.by_identity(),
        }
    }

    fn across_accounts(&mut self, given: Given) -> Result<AllowedBy, PolicyKind> {
        match given {
            Given { policy: None, grant: None } => Err(PolicyKind::Resource),
            Given { grant: Some((by, closeness)), .. } if closeness != Closeness::Account => {
                self.narrowed(by)
            }
            Given { .. } => self.by_identity(),
        }
    }

    /// What the principal's own side allows.
    fn by_identity(&mut self) -> Result<AllowedBy, PolicyKind> {
        if self.target.request.principal.kind == PrincipalKind::Root {
            (self.note)(Rule::RootNeedsNoIdentityPolicy);
            return self.narrowed(AllowedBy::AccountRoot);
        }
        let allow = self.policies.identity.iter().enumerate().find_map(|(policy, compiled)| {
            let statement = compiled.first(Effect::Allow, self.target, PolicyKind::Identity)?;
            Some(AllowedBy::Statement { kind: PolicyKind::Identity, policy, statement })
        });
        self.noted(PolicyKind::Identity, allow.is_some())?;
        self.narrowed(allow.ok_or(PolicyKind::Identity)?)
    }

    fn narrowed(&mut self, by: AllowedBy) -> Result<AllowedBy, PolicyKind> {
        if let Some(boundary) = self.policies.boundary {
            let allows = boundary.first(Effect::Allow, self.target, PolicyKind::Boundary).is_some();
            self.noted(PolicyKind::Boundary, allows)?;
        }
        self.within_session()?;
        Ok(by)
    }

    fn within_session(&mut self) -> Result<(), PolicyKind> {
        let Some(session) = self.policies.session else { return Ok(()) };
        let allows =
            |policy: &Policy| policy.first(Effect::Allow, self.target, PolicyKind::Session).is_some();
        let allows = session.iter().any(|policy| allows(policy));
        self.noted(PolicyKind::Session, allows)
    }

    fn noted(&mut self, kind: PolicyKind, allows: bool) -> Result<(), PolicyKind> {
        (self.note)(if allows { Rule::Allows(kind) } else { Rule::Lacks(kind) });
        if allows { Ok(()) } else { Err(kind) }
    }
}

/// What a resource's policy alone says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourcePolicyAnswer {
    /// It denies.
    Denies(StatementName),
    /// It doesn't allow.
    Silent,
    /// It names the principal's account, whose identity policies are to decide.
    Delegates(StatementName),
    /// It allows, naming the principal, its role or everyone.
    Allows(StatementName),
}

impl ResourcePolicyAnswer {
    /// Whether the request can be allowed as far as this policy is concerned: it allows, or leaves it to the account.
    #[must_use]
    pub fn admits(&self) -> bool {
        match self {
            Self::Allows(_) | Self::Delegates(_) => true,
            Self::Denies(_) | Self::Silent => false,
        }
    }
}

/// Asks a resource's policy alone, without any other policy or grant: KMS's check that a new key policy doesn't lock
/// out the caller who sets it.
#[must_use]
pub fn resource_policy_allows(request: &Request<'_>, policy: &Policy) -> ResourcePolicyAnswer {
    let target = Target::new(request, false);
    if let Some(index) = policy.first(Effect::Deny, &target, PolicyKind::Resource) {
        return ResourcePolicyAnswer::Denies(policy.statement_name(index));
    }
    match policy.closest(Effect::Allow, &target, PolicyKind::Resource) {
        None => ResourcePolicyAnswer::Silent,
        Some((index, Closeness::Account)) => ResourcePolicyAnswer::Delegates(policy.statement_name(index)),
        Some((index, _)) => ResourcePolicyAnswer::Allows(policy.statement_name(index)),
    }
}

//! What is decided about: who asks, to do what, on which resource, in which context, under which policies.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::Policy;

/// One authorization question.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The IAM action, such as `kms:Decrypt`.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for an action that has none.
    pub resource: &'a str,
    /// The condition keys of the request, the global ones (`aws:PrincipalArn`, ...) among them.
    pub context: &'a dyn ContextKeys,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("principal", &self.principal)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// Who asks, once authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The ARN as messages and records show it: of the root user, the user or the session; of a service, its name
    /// (`ssm.amazonaws.com`); of an identity provider, its ARN or domain.
    pub arn: String,
    /// The twelve-digit account it belongs to; empty for a service and an identity provider.
    pub account: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// For a session: the ARN of the role, or of the user who made a federated user's session. Policies mostly name
    /// these.
    pub issuer_arn: Option<String>,
}

impl Principal {
    /// The root user of an account.
    #[must_use]
    pub fn root(arn: impl Into<String>, account: impl Into<String>) -> Self {
        Self { arn: arn.into(), account: account.into(), kind: PrincipalKind::Root, issuer_arn: None }
    }

    /// A user.
    #[must_use]
    pub fn user(arn: impl Into<String>, account: impl Into<String>) -> Self {
        Self { arn: arn.into(), account: account.into(), kind: PrincipalKind::User, issuer_arn: None }
    }

    /// A session of a role.
    #[must_use]
    pub fn role_session(
        session_arn: impl Into<String>,
        role_arn: impl Into<String>,
        account: impl Into<String>,
    ) -> Self {
        let kind = PrincipalKind::Role;
        Self { arn: session_arn.into(), account: account.into(), kind, issuer_arn: Some(role_arn.into()) }
    }

    /// A session which a user made with `GetFederationToken`.
    #[must_use]
    pub fn federated_user(
        session_arn: impl Into<String>,
        user_arn: impl Into<String>,
        account: impl Into<String>,
    ) -> Self {
        let kind = PrincipalKind::FederatedUser;
        Self { arn: session_arn.into(), account: account.into(), kind, issuer_arn: Some(user_arn.into()) }
    }

    /// A service, by its name such as `ssm.amazonaws.com`.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self { arn: name.into(), account: String::new(), kind: PrincipalKind::Service, issuer_arn: None }
    }

    /// Whoever an identity provider vouches for, by the provider's ARN or domain: the caller of
    /// `AssumeRoleWithWebIdentity` under a role's trust policy.
    #[must_use]
    pub fn identity_provider(name: impl Into<String>) -> Self {
        let kind = PrincipalKind::IdentityProvider;
        Self { arn: name.into(), account: String::new(), kind, issuer_arn: None }
    }
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// A user.
    User,
    /// A role, or a session of it.
    Role,
    /// A session of a federated user.
    FederatedUser,
    /// A service of the platform. Identity policies give it nothing.
    Service,
    /// A user of an identity provider, before there is a session. Identity policies give it nothing.
    IdentityProvider,
}

/// The condition keys of a request, looked up when a statement asks for them.
pub trait ContextKeys {
    /// Calls `each` with every value of the key (names are compared without regard to case) and answers whether the
    /// key is present; a present key may have no values.
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool;
}

/// A request without condition keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoContext;

impl ContextKeys for NoContext {
    fn get(&self, _key: &str, _each: &mut dyn FnMut(&str)) -> bool {
        false
    }
}

/// Condition keys as a small list of names and values.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContextList<'a>(
    /// Each key with its values.
    pub &'a [(&'a str, &'a [&'a str])],
);

impl ContextKeys for ContextList<'_> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let found = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.inspect(|(_, values)| values.iter().for_each(|value| each(value))).is_some()
    }
}

impl ContextKeys for BTreeMap<String, Vec<String>> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let found = self.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.inspect(|(_, values)| values.iter().for_each(|value| each(value))).is_some()
    }
}

/// The policies that apply to a request. The default is none, which denies all but the account's root user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// The principal's own policies: of the user and its groups, or of the role.
    pub identity: &'a [Arc<Policy>],
    /// The permissions boundary, where one is set.
    pub boundary: Option<&'a Policy>,
    /// The policies the session was made with; `None` where there were none. Together they allow what any of them does.
    pub session: Option<&'a [Arc<Policy>]>,
    /// The policy of the resource, where it has one.
    pub resource: Option<&'a Policy>,
    /// What the resource's policy is needed for.
    pub resource_rule: ResourcePolicyRule,
    /// The grants on the resource that are for this action and whose constraints the request meets.
    pub grants: &'a [Grant],
}

/// A KMS grant, as far as a decision needs it. Which actions it is for, and under which constraints, is settled before.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The grant's id.
    pub id: Arc<str>,
    /// Whom it is given to: the ARN of a user, a role, a session or an account's root, or the name of a service. It
    /// counts only for a principal that this names.
    pub grantee: Arc<str>,
}

/// What a resource's policy is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResourcePolicyRule {
    /// It may add to what the account's identity policies allow: secrets, parameters and most resources.
    #[default]
    Additional,
    /// Nothing is allowed without it, and identity policies count only where it names their account: KMS keys.
    Required,
}

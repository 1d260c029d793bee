//! Whom a resource policy names, and how closely that names the one who asks.

use crate::arn;
use crate::document::{Effect, PrincipalSet, PrincipalType, Principals};
use crate::request::{Principal, PrincipalKind};

/// How closely a statement names the principal. Ordered: the closer one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// By its account, which leaves the decision to that account's identity policies.
    Account,
    /// By `*`.
    Everyone,
    /// By the role behind its session.
    Role,
    /// By its own ARN or service name.
    Itself,
}

/// Whether a name is valid for its type. Wildcards are allowed only as the whole `AWS` principal.
pub(crate) fn is_valid(kind: PrincipalType, name: &str) -> bool {
    let plain = !name.is_empty() && !name.contains(['*', '?', ' ']);
    match kind {
        PrincipalType::Aws => name == "*" || arn::is_account_id(name) || (plain && is_principal_arn(name)),
        PrincipalType::Service => plain && name.contains('.'),
        PrincipalType::Federated | PrincipalType::CanonicalUser => plain,
    }
}

fn is_principal_arn(name: &str) -> bool {
    match arn::split(name) {
        Some(["arn", _, "iam" | "sts", "", account, resource]) => {
            arn::is_account_id(account) && !resource.is_empty()
        }
        _ => false,
    }
}

/// The compiled `Principal` of a statement.
#[derive(Debug, Clone)]
pub(crate) enum PrincipalMatcher {
    /// The statement has none.
    Absent,
    /// `NotPrincipal`, which is not evaluated yet: a Deny applies to everyone, an Allow to nobody.
    Unevaluated,
    /// Any of these.
    AnyOf(Box<[Named]>),
}

#[derive(Debug, Clone)]
pub(crate) enum Named {
    Everyone,
    Account(Box<str>),
    Arn(Box<str>),
    Service(Box<str>),
    /// A type that is not evaluated yet.
    Unevaluated,
}

impl PrincipalMatcher {
    pub(crate) fn new(principals: Option<&Principals>) -> Self {
        match principals {
            None => Self::Absent,
            Some(Principals::AllBut(_)) => Self::Unevaluated,
            Some(Principals::Only(PrincipalSet::Everyone)) => Self::AnyOf(Box::new([Named::Everyone])),
            Some(Principals::Only(PrincipalSet::Named(names))) => {
                let all =
                    names.iter().flat_map(|(kind, names)| names.iter().map(|name| Named::new(*kind, name)));
                Self::AnyOf(all.collect())
            }
        }
    }

    /// How closely a resource policy's statement names the principal, if it does. What can't be evaluated (an absent
    /// element included) names everyone in a Deny and nobody in an Allow.
    pub(crate) fn names(&self, principal: &Principal, effect: Effect) -> Option<Closeness> {
        match self {
            Self::Absent | Self::Unevaluated => (effect == Effect::Deny).then_some(Closeness::Everyone),
            Self::AnyOf(names) => names.iter().filter_map(|name| name.fits(principal, effect)).max(),
        }
    }
}

impl Named {
    fn new(kind: PrincipalType, name: &str) -> Self {
        match kind {
            PrincipalType::Aws if name == "*" => Self::Everyone,
            PrincipalType::Aws if arn::is_account_id(name) => Self::Account(name.into()),
            PrincipalType::Aws => match arn::account_of_root(name) {
                Some(account) => Self::Account(account.into()),
                None => Self::Arn(name.into()),
            },
            PrincipalType::Service => Self::Service(name.into()),
            PrincipalType::Federated | PrincipalType::CanonicalUser => Self::Unevaluated,
        }
    }

    fn fits(&self, principal: &Principal, effect: Effect) -> Option<Closeness> {
        let service = principal.kind == PrincipalKind::Service;
        match self {
            // A grant to everyone is meant for people and roles: a service is to be named.
            Self::Everyone => (effect == Effect::Deny || !service).then_some(Closeness::Everyone),
            Self::Account(account) if !service && **account == *principal.account => {
                let root = principal.kind == PrincipalKind::Root;
                Some(if root { Closeness::Itself } else { Closeness::Account })
            }
            Self::Arn(arn) if !service => Self::arn_fits(arn, principal),
            Self::Service(name) if service && **name == *principal.arn => Some(Closeness::Itself),
            Self::Unevaluated => (effect == Effect::Deny).then_some(Closeness::Everyone),
            Self::Account(_) | Self::Arn(_) | Self::Service(_) => None,
        }
    }

    fn arn_fits(arn: &str, principal: &Principal) -> Option<Closeness> {
        if principal.role_arn.as_deref() == Some(arn) {
            return Some(Closeness::Role);
        }
        if principal.arn != arn {
            return None;
        }
        // A role that asks without a session is named by its role ARN, whatever field that stands in.
        let bare_role = principal.kind == PrincipalKind::Role && principal.role_arn.is_none();
        Some(if bare_role { Closeness::Role } else { Closeness::Itself })
    }
}

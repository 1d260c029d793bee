//! Whom a resource policy names, and how closely that names the one who asks.

use std::ops::Deref;

use crate::document::{Effect, PrincipalSet, Principals};
use crate::request::{ContextKeys, Principal, PrincipalKind};
use crate::{PrincipalName, PrincipalType};

/// How closely a statement or a grant names the principal. Ordered: the closer one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// By its account, which leaves the decision to that account's identity policies.
    Account,
    /// By the role, or the user, behind its session.
    Issuer,
    /// By `*`, which means the session too.
    Everyone,
    /// By its own ARN, id or name.
    Itself,
}

/// The compiled `Principal` or `NotPrincipal` of a statement.
#[derive(Debug, Clone)]
pub(crate) enum PrincipalMatcher {
    /// The statement has none.
    Absent,
    /// Any of these.
    AnyOf(Box<[Named]>),
    /// All but these; only in a `Deny`.
    AllBut(Box<[Named]>),
}

/// Whom one name means; its texts are owned by a compiled policy, and borrowed from a grant.
#[derive(Debug, Clone)]
pub(crate) enum Named<S = Box<str>> {
    Everyone,
    Account(S),
    /// A user, a role or a session of this account.
    Arn {
        account: S,
        arn: S,
    },
    UniqueId(S),
    Service(S),
    IdentityProvider(S),
    /// A canonical user id. No principal here has one: a Deny applies to everyone, an Allow to nobody.
    Unknown,
}

/// Who asks, with what is needed to tell whether a name means it.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) context: &'a dyn ContextKeys,
    /// It has a permissions boundary.
    pub(crate) bounded: bool,
}

impl PrincipalMatcher {
    pub(crate) fn new(principals: Option<&Principals>) -> Self {
        match principals {
            None => Self::Absent,
            Some(Principals::Only(set)) => Self::AnyOf(named(set)),
            Some(Principals::AllBut(set)) => Self::AllBut(named(set)),
        }
    }

    /// How closely a resource policy's statement names the principal, if it does. An absent element names everyone in
    /// a Deny and nobody in an Allow.
    pub(crate) fn names(&self, asking: &Asking<'_>, effect: Effect) -> Option<Closeness> {
        let denies = effect == Effect::Deny;
        match self {
            Self::Absent => denies.then_some(Closeness::Everyone),
            Self::AnyOf(names) => names.iter().filter_map(|name| name.fits(asking, effect)).max(),
            // AWS lets such a Deny meet whoever has a boundary, whatever it lists.
            Self::AllBut(names) => {
                (denies && (asking.bounded || !exempt(names, asking))).then_some(Closeness::Everyone)
            }
        }
    }
}

fn named(set: &PrincipalSet) -> Box<[Named]> {
    match set {
        PrincipalSet::Everyone => Box::new([Named::Everyone]),
        PrincipalSet::Named(names) => {
            let all = names.iter().flat_map(|(kind, names)| names.iter().map(|name| Named::new(*kind, name)));
            all.collect()
        }
    }
}

/// Whether `NotPrincipal` lists the principal: the account, then the role behind a session, then the principal itself. A
/// level exempts all below it, unless the list names some of those: then only these.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn exempt(names: &[Named], asking: &Asking<'_>) -> bool {
    let closeness = |name: &Named| name.fits(asking, Effect::Allow);
    let listed = |wanted| names.iter().any(|name| closeness(name) == Some(wanted));
    if names.iter().any(|name| matches!(name, Named::Everyone)) {
        return true;
    }
    let principal = asking.principal;
    let role = match principal.kind {
        PrincipalKind::Root | PrincipalKind::Service | PrincipalKind::IdentityProvider => {
            return listed(Closeness::Itself);
        }
        PrincipalKind::User | PrincipalKind::FederatedUser => None,
        PrincipalKind::Role => principal.issuer_arn.as_deref(),
    };
    let account = &principal.account;
    if !names.iter().any(|name| matches!(name, Named::Account(listed) if **listed == **account)) {
        return false;
    }
    if let Some(sessions) = role.and_then(|_| principal.arn.rsplit_once('/')).map(|(sessions, _)| sessions) {
        let of_role = |name: &Named| match name {
            Named::Arn { arn, .. } => arn.strip_prefix(sessions).is_some_and(|rest| rest.starts_with('/')),
            _ => false,
        };
        if names.iter().any(of_role) {
            return listed(Closeness::Issuer) && listed(Closeness::Itself);
        }
    }
    let finer = |name: &Named| match name {
        Named::Arn { account: of, .. } => **of == **account,
        Named::UniqueId(_) => true,
        _ => false,
    };
    let itself = Closeness::Itself;
    !names.iter().any(finer) || listed(itself) || (role.is_some() && listed(Closeness::Issuer))
}

impl Named {
    fn new(kind: PrincipalType, name: &str) -> Self {
        match Named::of(PrincipalName::parse(kind, name)) {
            Named::Everyone => Self::Everyone,
            Named::Account(account) => Self::Account(account.into()),
            Named::Arn { account, arn } => Self::Arn { account: account.into(), arn: arn.into() },
            Named::UniqueId(id) => Self::UniqueId(id.into()),
            Named::Service(name) => Self::Service(name.into()),
            Named::IdentityProvider(name) => Self::IdentityProvider(name.into()),
            Named::Unknown => Self::Unknown,
        }
    }
}

impl<'a> Named<&'a str> {
    pub(crate) fn of(name: Option<PrincipalName<'a>>) -> Self {
        match name {
            Some(PrincipalName::Everyone) => Self::Everyone,
            Some(PrincipalName::Account(account)) => Self::Account(account),
            Some(
                PrincipalName::User { account, arn }
                | PrincipalName::Role { account, arn }
                | PrincipalName::RoleSession { account, arn }
                | PrincipalName::FederatedUser { account, arn },
            ) => Self::Arn { account, arn },
            Some(PrincipalName::UniqueId(id)) => Self::UniqueId(id),
            Some(PrincipalName::Service(name)) => Self::Service(name),
            Some(PrincipalName::IdentityProvider(name)) => Self::IdentityProvider(name),
            Some(PrincipalName::CanonicalUser(_)) | None => Self::Unknown,
        }
    }
}

impl<S: Deref<Target = str>> Named<S> {
    pub(crate) fn fits(&self, asking: &Asking<'_>, effect: Effect) -> Option<Closeness> {
        let principal = asking.principal;
        let of_account = match principal.kind {
            PrincipalKind::Service | PrincipalKind::IdentityProvider => false,
            PrincipalKind::Root
            | PrincipalKind::User
            | PrincipalKind::Role
            | PrincipalKind::FederatedUser => true,
        };
        match self {
            // An Allow for everyone is meant for the principals of accounts: others are to be named.
            Self::Everyone => (effect == Effect::Deny || of_account).then_some(Closeness::Everyone),
            Self::Account(account) if of_account && **account == *principal.account => {
                let root = principal.kind == PrincipalKind::Root;
                Some(if root { Closeness::Itself } else { Closeness::Account })
            }
            Self::Arn { arn, .. } if of_account => arn_fits(arn, principal),
            Self::UniqueId(id) if of_account => id_fits(id, asking),
            Self::Service(name) if principal.kind == PrincipalKind::Service => same(name, principal),
            Self::IdentityProvider(name) if principal.kind == PrincipalKind::IdentityProvider => {
                same(name, principal)
            }
            Self::Unknown => (effect == Effect::Deny).then_some(Closeness::Everyone),
            Self::Account(_)
            | Self::Arn { .. }
            | Self::UniqueId(_)
            | Self::Service(_)
            | Self::IdentityProvider(_) => None,
        }
    }
}

fn same(name: &str, principal: &Principal) -> Option<Closeness> {
    (*name == *principal.arn).then_some(Closeness::Itself)
}

fn arn_fits(arn: &str, principal: &Principal) -> Option<Closeness> {
    if principal.issuer_arn.as_deref() == Some(arn) {
        return Some(Closeness::Issuer);
    }
    if principal.arn != arn {
        return None;
    }
    // A role that asks without a session is named by its role ARN, whatever field that stands in.
    let bare_role = principal.kind == PrincipalKind::Role && principal.issuer_arn.is_none();
    Some(if bare_role { Closeness::Issuer } else { Closeness::Itself })
}

/// A user's id is the whole `aws:userid`; a role's stands before the session's name.
fn id_fits(id: &str, asking: &Asking<'_>) -> Option<Closeness> {
    let mut closeness = None;
    asking.context.get("aws:userid", &mut |userid| {
        closeness = match (userid.strip_prefix(id), asking.principal.kind) {
            (Some(""), PrincipalKind::User) => Some(Closeness::Itself),
            (Some(rest), PrincipalKind::Role) if rest.is_empty() || rest.starts_with(':') => {
                Some(Closeness::Issuer)
            }
            _ => None,
        };
    });
    closeness
}

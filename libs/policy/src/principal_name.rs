//! What a policy may write as a principal.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::PrincipalType;
use crate::arn;

/// A principal as a policy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalName<'a> {
    /// `*`.
    Everyone,
    /// An account, by its id or by the ARN of its root; here the id.
    Account(&'a str),
    /// A user.
    User {
        /// The account it is of.
        account: &'a str,
        /// Its ARN.
        arn: &'a str,
    },
    /// A role.
    Role {
        /// The account it is of.
        account: &'a str,
        /// Its ARN.
        arn: &'a str,
    },
    /// One session of a role.
    RoleSession {
        /// The account it is of.
        account: &'a str,
        /// The session's ARN.
        arn: &'a str,
    },
    /// A session made by `GetFederationToken`.
    FederatedUser {
        /// The account it is of.
        account: &'a str,
        /// The session's ARN.
        arn: &'a str,
    },
    /// The unique id of a user (`AIDA...`) or a role (`AROA...`).
    UniqueId(&'a str),
    /// A service, such as `ssm.amazonaws.com`.
    Service(&'a str),
    /// An identity provider: its ARN, or the domain of a public one.
    IdentityProvider(&'a str),
    /// A canonical user id, which only S3 knows.
    CanonicalUser(&'a str),
}

impl<'a> PrincipalName<'a> {
    /// Reads a name of a type; nothing if it isn't well-formed. A wildcard is only ever the whole `AWS` principal.
    #[must_use]
    pub fn parse(kind: PrincipalType, name: &'a str) -> Option<Self> {
        let plain = !name.is_empty() && !name.contains(['*', '?', ' ', '$', '{', '}']);
        match kind {
            PrincipalType::Aws if name == "*" => Some(Self::Everyone),
            PrincipalType::Aws if arn::is_account_id(name) => Some(Self::Account(name)),
            PrincipalType::Aws if is_unique_id(name) => Some(Self::UniqueId(name)),
            PrincipalType::Aws if plain => Self::of_arn(name),
            PrincipalType::Service if plain && is_domain(name) => Some(Self::Service(name)),
            PrincipalType::Federated if plain && (is_domain(name) || is_provider_arn(name)) => {
                Some(Self::IdentityProvider(name))
            }
            PrincipalType::CanonicalUser if plain => Some(Self::CanonicalUser(name)),
            PrincipalType::Aws
            | PrincipalType::Service
            | PrincipalType::Federated
            | PrincipalType::CanonicalUser => None,
        }
    }

    fn of_arn(name: &'a str) -> Option<Self> {
        let ["arn", partition, service, "", account, resource] = arn::split(name)? else { return None };
        if partition.is_empty() || !arn::is_account_id(account) {
            return None;
        }
        let (kind, path) = match resource.split_once('/') {
            Some((kind, path)) => (kind, Some(path)),
            None => (resource, None),
        };
        let named = |path: &str| path.split('/').all(|part| !part.is_empty());
        match (service, kind, path) {
            ("iam", "root", None) => Some(Self::Account(account)),
            ("iam", "user", Some(path)) if named(path) => Some(Self::User { account, arn: name }),
            ("iam", "role", Some(path)) if named(path) => Some(Self::Role { account, arn: name }),
            ("sts", "assumed-role", Some(path)) if named(path) && path.matches('/').count() == 1 => {
                Some(Self::RoleSession { account, arn: name })
            }
            ("sts", "federated-user", Some(user)) if named(user) && !user.contains('/') => {
                Some(Self::FederatedUser { account, arn: name })
            }
            _ => None,
        }
    }

    /// The name of a grantee, of whichever type it is: an account, an ARN or a service.
    pub(crate) fn of_grantee(name: &'a str) -> Option<Self> {
        let aws = Self::parse(PrincipalType::Aws, name).filter(|name| *name != Self::Everyone);
        aws.or_else(|| Self::parse(PrincipalType::Service, name))
    }
}

/// Of a user or a role.
fn is_unique_id(name: &str) -> bool {
    let prefixed = name.starts_with("AIDA") || name.starts_with("AROA");
    prefixed
        && (16..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_domain(name: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.contains('.') && name.split('.').all(label)
}

fn is_provider_arn(name: &str) -> bool {
    match arn::split(name) {
        Some(["arn", partition, "iam", "", account, resource]) => {
            let named = resource.strip_prefix("oidc-provider/").or(resource.strip_prefix("saml-provider/"));
            !partition.is_empty() && arn::is_account_id(account) && named.is_some_and(|name| !name.is_empty())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_from_the_others() {
        let aws = |name| PrincipalName::parse(PrincipalType::Aws, name);
        let account = "111122223333";
        assert_eq!(aws("*"), Some(PrincipalName::Everyone));
        assert_eq!(aws(account), Some(PrincipalName::Account(account)));
        assert_eq!(aws("arn:aws:iam::111122223333:root"), Some(PrincipalName::Account(account)));
        let arn = "arn:aws:iam::111122223333:user/dev/alice";
        assert_eq!(aws(arn), Some(PrincipalName::User { account, arn }));
        let arn = "arn:aws-cn:iam::111122223333:role/app";
        assert_eq!(aws(arn), Some(PrincipalName::Role { account, arn }));
        let arn = "arn:aws:sts::111122223333:assumed-role/app/pod-1";
        assert_eq!(aws(arn), Some(PrincipalName::RoleSession { account, arn }));
        let arn = "arn:aws:sts::111122223333:federated-user/carol";
        assert_eq!(aws(arn), Some(PrincipalName::FederatedUser { account, arn }));
        let id = "AROADBQP57FF2AEXAMPLE";
        assert_eq!(aws(id), Some(PrincipalName::UniqueId(id)));
        let provider = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1";
        let federated = |name| PrincipalName::parse(PrincipalType::Federated, name);
        assert_eq!(federated(provider), Some(PrincipalName::IdentityProvider(provider)));
        assert_eq!(
            federated("accounts.google.com"),
            Some(PrincipalName::IdentityProvider("accounts.google.com"))
        );
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for bad in [
            "",
            "bob",
            "11112222333",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::111122223333:group/a",
            "arn:aws:iam::111122223333:user",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::1:user/a",
            "arn:aws:iam:us-east-1:111122223333:user/a",
            "arn:aws:sts::111122223333:assumed-role/app",
            "arn:aws:kms::111122223333:key/1",
            "AKIAIOSFODNN7EXAMPLE",
            "AROAshort",
            "ssm.amazonaws.com",
            "arn:aws:iam::111122223333:user/${aws:username}",
            "arn:aws:iam::111122223333:user//a",
        ] {
            assert_eq!(PrincipalName::parse(PrincipalType::Aws, bad), None, "{bad}");
        }
        for (kind, bad) in [
            (PrincipalType::Service, "ssm"),
            (PrincipalType::Service, "*"),
            (PrincipalType::Service, "ssm..com"),
            (PrincipalType::Federated, "*"),
            (PrincipalType::Federated, "arn:aws:iam::111122223333:user/a"),
            (PrincipalType::CanonicalUser, ""),
        ] {
            assert_eq!(PrincipalName::parse(kind, bad), None, "{bad}");
        }
    }
}

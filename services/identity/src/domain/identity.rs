//! IAM's identities: users, groups and roles.

use keywright_aws_api::{AccountId, Arn};
use keywright_crypto::{CryptoError, Random};

use super::names::{IdentityName, Path};
use super::random_text::unique_id;

/// What an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// Somebody, or something, with access keys of its own.
    User,
    /// Users who have the group's policies.
    Group,
    /// What others become for a while.
    Role,
}

/// A user, a group or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which of them.
    pub kind: IdentityKind,
    /// The account.
    pub account: AccountId,
    /// The unique id, such as `AIDA...`, which no later identity of the same name has.
    pub id: String,
    /// The friendly name.
    pub name: IdentityName,
    /// The path.
    pub path: Path,
}

impl IdentityKind {
    /// The word in ARNs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Group, Self::Role].into_iter().find(|kind| kind.as_str() == text)
    }

    /// What its members begin with in IAM's shapes, as in `UserName` and `UserId`.
    #[must_use]
    pub fn shape_name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
        }
    }

    /// The beginning of its unique ids.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
    #[must_use]
    pub fn id_prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::Role => "AROA",
        }
    }

    /// The type in audit records.
    #[must_use]
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::User => "AWS::IAM::User",
            Self::Group => "AWS::IAM::Group",
            Self::Role => "AWS::IAM::Role",
        }
    }

    /// The ARN of an identity of this kind. `path_and_name` begins with `/`.
    #[must_use]
    pub fn arn(self, account: AccountId, path_and_name: &str) -> String {
        Arn::global("iam", account.as_str(), &format!("{}{path_and_name}", self.as_str()))
    }
}

impl Identity {
    /// A new one, with a unique id of its own. It isn't stored yet.
    ///
    /// # Errors
    /// [`CryptoError`] without randomness.
    pub fn new(
        kind: IdentityKind,
        account: AccountId,
        name: IdentityName,
        path: Path,
        random: &dyn Random,
    ) -> Result<Self, CryptoError> {
        Ok(Self { kind, account, id: unique_id(kind.id_prefix(), random)?, name, path })
    }

    /// `arn:aws:iam::111122223333:user/path/name`.
    #[must_use]
    pub fn arn(&self) -> String {
        self.kind.arn(self.account, &format!("{}{}", self.path, self.name))
    }
}

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn each_kind_is_named_as_in_aws() {
        let account = AccountId::parse("111122223333").unwrap();
        for (kind, prefix) in
            [(IdentityKind::User, "AIDA"), (IdentityKind::Group, "AGPA"), (IdentityKind::Role, "AROA")]
        {
            let (name, path) = (IdentityName::parse("a").unwrap(), Path::parse("/team/").unwrap());
            let identity = Identity::new(kind, account, name, path, &SystemRandom).unwrap();
            assert_eq!(identity.arn(), format!("arn:aws:iam::111122223333:{}/team/a", kind.as_str()));
            assert!(identity.id.starts_with(prefix) && identity.id.len() == 21);
            assert_eq!(IdentityKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(IdentityKind::parse("root"), None);
    }
}

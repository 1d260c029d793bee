//! Who owns an access key, and so who acts by it.

use keywright_aws_api::{AccountId, Arn};

use super::identity::Identity;
use super::names::ServiceName;

/// The owner of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// A user of an account.
    User(Identity),
    /// One of our own services.
    Service(ServiceName),
}

impl Owner {
    /// The account that the owner acts in; none for a service.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root { account } => Some(*account),
            Self::User(user) => Some(user.account),
            Self::Service(_) => None,
        }
    }

    /// The ARN; of a service, its name.
    #[must_use]
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => Arn::global("iam", account.as_str(), "root"),
            Self::User(user) => user.arn(),
            Self::Service(name) => name.to_string(),
        }
    }

    /// What the variable `aws:userid` is: the account's id for a root user, the unique id of a user.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>
    #[must_use]
    pub fn principal_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User(user) => user.id.clone(),
            Self::Service(name) => name.to_string(),
        }
    }

    /// Names the owner within the associated data of a sealed secret; never changes for one owner.
    pub(crate) fn binding(&self) -> String {
        match self {
            Self::Root { account } => format!("root/{account}"),
            Self::User(user) => format!("user/{}/{}", user.account, user.id),
            Self::Service(name) => format!("service/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::IdentityKind;
    use crate::domain::names::{IdentityName, Path};

    #[test]
    fn root_users_and_users_are_named_as_in_aws() {
        let account = AccountId::parse("111122223333").unwrap();
        let root = Owner::Root { account };
        assert_eq!(root.arn(), "arn:aws:iam::111122223333:root");
        assert_eq!(root.principal_id(), "111122223333");

        let user = Owner::User(Identity {
            kind: IdentityKind::User,
            account,
            id: "AIDA234567ABCDEFGHIJK".to_owned(),
            name: IdentityName::parse("alice").unwrap(),
            path: Path::parse("/team/a/").unwrap(),
        });
        assert_eq!(user.arn(), "arn:aws:iam::111122223333:user/team/a/alice");
        assert_eq!(user.principal_id(), "AIDA234567ABCDEFGHIJK");
    }
}

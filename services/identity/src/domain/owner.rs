//! Who owns an access key, and so who acts by it.

use keywright_aws_api::AccountId;

use super::names::{Path, ServiceName, UserName};

/// The owner of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// A user of an account.
    User(User),
    /// One of our own services.
    Service(ServiceName),
}

/// A user of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account.
    pub account: AccountId,
    /// The unique id, `AIDA...`, which no later user of the same name has.
    pub user_id: String,
    /// The name.
    pub user_name: UserName,
    /// The path.
    pub path: Path,
}

impl User {
    /// `arn:aws:iam::111122223333:user/path/name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.user_name)
    }
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
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
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
            Self::User(user) => user.user_id.clone(),
            Self::Service(name) => name.to_string(),
        }
    }

    /// Names the owner within the associated data of a sealed secret; never changes for one owner.
    pub(crate) fn binding(&self) -> String {
        match self {
            Self::Root { account } => format!("root/{account}"),
            Self::User(user) => format!("user/{}/{}", user.account, user.user_id),
            Self::Service(name) => format!("service/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_users_and_users_are_named_as_in_aws() {
        let account = AccountId::parse("111122223333").unwrap();
        let root = Owner::Root { account };
        assert_eq!(root.arn(), "arn:aws:iam::111122223333:root");
        assert_eq!(root.principal_id(), "111122223333");

        let user = Owner::User(User {
            account,
            user_id: "AIDA234567ABCDEFGHIJK".to_owned(),
            user_name: UserName::parse("alice").unwrap(),
            path: Path::parse("/team/a/").unwrap(),
        });
        assert_eq!(user.arn(), "arn:aws:iam::111122223333:user/team/a/alice");
        assert_eq!(user.principal_id(), "AIDA234567ABCDEFGHIJK");
    }
}

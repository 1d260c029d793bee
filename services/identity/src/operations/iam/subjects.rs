//! What operations are about.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Call, CallerKind};
use keywright_store::Connection;

use super::operation::Subject;
use crate::directory::Directory;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::domain::owner::Owner;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError};
use crate::store::identities::{self, StoredIdentity};

/// The name of a user, a group or a role.
pub(crate) struct OfIdentity {
    /// Which of them.
    pub(crate) kind: IdentityKind,
    /// Its name.
    pub(crate) name: IdentityName,
}

impl OfIdentity {
    /// The identity of this kind and name.
    ///
    /// # Errors
    /// [`IdentityError::Name`] for what can be no name.
    pub(crate) fn named(kind: IdentityKind, name: &str) -> Result<Self, IdentityError> {
        Ok(Self { kind, name: IdentityName::parse(name)? })
    }

    /// The user of this name; without one, the caller.
    ///
    /// # Errors
    /// [`IdentityError::UserNameMissing`] when the caller is no user.
    pub(crate) fn user_or_caller(call: &Call, name: Option<&str>) -> Result<Self, IdentityError> {
        match (name, &call.caller.kind) {
            (Some(name), _) => Self::named(IdentityKind::User, name),
            (None, CallerKind::User { user_name }) => Self::named(IdentityKind::User, user_name),
            (None, _) => Err(IdentityError::UserNameMissing),
        }
    }
}

impl Subject for StoredIdentity {
    type Name = OfIdentity;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        OfIdentity { kind, name }: OfIdentity,
    ) -> Result<Self, IdentityError> {
        let found = identities::find_stored(connection, account, kind, &name).await?;
        found.ok_or_else(|| IdentityError::NoSuchEntity(Entity::Identity(kind, name.to_string())))
    }

    fn arn(&self) -> String {
        self.identity.arn()
    }

    fn arn_of(account: AccountId, OfIdentity { kind, name }: &OfIdentity) -> String {
        kind.arn(account, &format!("/{name}"))
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(self.identity.kind.resource_type())
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        push_resource_tags(keys, &self.tags);
        if let Some(boundary) = &self.boundary_arn {
            keys.push("iam:PermissionsBoundary", boundary.clone());
        }
    }
}

/// A user or a role that is to get a permissions boundary: the condition key `iam:PermissionsBoundary` is that of the
/// request, not the one it has.
pub(crate) struct ToBeBounded(pub(crate) StoredIdentity);

impl Subject for ToBeBounded {
    type Name = OfIdentity;

    async fn find(
        directory: &Directory,
        connection: &Connection,
        account: AccountId,
        name: OfIdentity,
    ) -> Result<Self, IdentityError> {
        StoredIdentity::find(directory, connection, account, name).await.map(Self)
    }

    fn arn(&self) -> String {
        self.0.arn()
    }

    fn arn_of(account: AccountId, name: &OfIdentity) -> String {
        StoredIdentity::arn_of(account, name)
    }

    fn resource_type(&self) -> Option<&'static str> {
        self.0.resource_type()
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        push_resource_tags(keys, &self.0.tags);
    }
}

/// Who can own access keys: a user, or the root user of the account.
pub(crate) enum UserOrRoot {
    /// A user.
    User(Box<StoredIdentity>),
    /// The root user.
    Root(AccountId),
}

/// Which of them.
pub(crate) enum UserOrRootName {
    /// A user, by name.
    User(OfIdentity),
    /// The root user.
    Root,
}

impl UserOrRootName {
    /// The user of this name; without one, the caller.
    ///
    /// # Errors
    /// [`IdentityError::UserNameMissing`] when the caller is neither a user nor a root user.
    pub(crate) fn named_or_caller(call: &Call, name: Option<&str>) -> Result<Self, IdentityError> {
        match (name, &call.caller.kind) {
            (None, CallerKind::Root) => Ok(Self::Root),
            (name, _) => OfIdentity::user_or_caller(call, name).map(Self::User),
        }
    }
}

impl UserOrRoot {
    /// As the owner of access keys.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Self::User(user) => Owner::User(user.identity.clone()),
            Self::Root(account) => Owner::Root { account: *account },
        }
    }

    /// The user's name; a root user has none.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::User(user) => Some(user.identity.name.to_string()),
            Self::Root(_) => None,
        }
    }
}

impl Subject for UserOrRoot {
    type Name = UserOrRootName;

    async fn find(
        directory: &Directory,
        connection: &Connection,
        account: AccountId,
        name: UserOrRootName,
    ) -> Result<Self, IdentityError> {
        match name {
            UserOrRootName::Root => Ok(Self::Root(account)),
            UserOrRootName::User(name) => {
                let user = StoredIdentity::find(directory, connection, account, name).await?;
                Ok(Self::User(Box::new(user)))
            }
        }
    }

    fn arn(&self) -> String {
        self.owner().arn()
    }

    fn arn_of(account: AccountId, name: &UserOrRootName) -> String {
        match name {
            UserOrRootName::User(name) => StoredIdentity::arn_of(account, name),
            UserOrRootName::Root => Owner::Root { account }.arn(),
        }
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(IdentityKind::User.resource_type())
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        if let Self::User(user) = self {
            user.condition_keys(keys);
        }
    }
}

/// An identity that is to be made.
pub(crate) struct NewIdentity(pub(crate) Identity);

/// How it is to be called.
pub(crate) struct NewIdentityName {
    /// Kind and name.
    pub(crate) of: OfIdentity,
    /// The path.
    pub(crate) path: Path,
}

impl Subject for NewIdentity {
    type Name = NewIdentityName;

    async fn find(
        directory: &Directory,
        _: &Connection,
        account: AccountId,
        NewIdentityName { of: OfIdentity { kind, name }, path }: NewIdentityName,
    ) -> Result<Self, IdentityError> {
        Ok(Self(Identity::new(kind, account, name, path, directory.random.as_ref())?))
    }

    fn arn(&self) -> String {
        self.0.arn()
    }

    fn arn_of(account: AccountId, name: &NewIdentityName) -> String {
        name.of.kind.arn(account, &format!("{}{}", name.path, name.of.name))
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(self.0.kind.resource_type())
    }
}

impl NewIdentityName {
    /// The name and path of an identity of this kind.
    ///
    /// # Errors
    /// [`IdentityError::Name`] for what can be none.
    pub(crate) fn named(kind: IdentityKind, name: &str, path: Option<&str>) -> Result<Self, IdentityError> {
        let path = path.map_or_else(|| Ok(Path::root()), Path::parse)?;
        Ok(Self { of: OfIdentity::named(kind, name)?, path })
    }
}

/// The whole account: what lists and summaries are about.
pub(crate) struct WholeAccount;

impl Subject for WholeAccount {
    type Name = ();

    async fn find(_: &Directory, _: &Connection, _: AccountId, (): ()) -> Result<Self, IdentityError> {
        Ok(Self)
    }

    fn arn(&self) -> String {
        "*".to_owned()
    }

    fn arn_of(_: AccountId, (): &()) -> String {
        "*".to_owned()
    }

    fn resource_type(&self) -> Option<&'static str> {
        None
    }
}

/// The tags of an entity, by both names that IAM's policies know them by.
pub(super) fn push_resource_tags(keys: &mut ContextKeys, tags: &Tags) {
    for (key, value) in tags {
        keys.push(format!("aws:ResourceTag/{key}"), value.clone());
        keys.push(format!("iam:ResourceTag/{key}"), value.clone());
    }
}

//! What operations are about.

use std::collections::BTreeMap;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Call, CallerKind};
use keywright_store::Connection;

use super::operation::Subject;
use crate::directory::Directory;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::error::{Entity, IdentityError};
use crate::store::identities::{self, StoredIdentity};

/// The name of a user, a group or a role.
pub struct OfIdentity {
    /// Which of them.
    pub kind: IdentityKind,
    /// Its name.
    pub name: IdentityName,
}

impl OfIdentity {
    /// The identity of this kind and name.
    ///
    /// # Errors
    /// [`IdentityError::Name`] for what can be no name.
    pub fn named(kind: IdentityKind, name: &str) -> Result<Self, IdentityError> {
        Ok(Self { kind, name: IdentityName::parse(name)? })
    }

    /// The user of this name; without one, the caller.
    ///
    /// # Errors
    /// [`IdentityError::UserNameMissing`] when the caller is no user.
    pub fn user_or_caller(call: &Call, name: Option<&str>) -> Result<Self, IdentityError> {
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

/// An identity that is to be made.
pub struct NewIdentity(pub Identity);

/// How it is to be called.
pub struct NewIdentityName {
    /// Kind and name.
    pub of: OfIdentity,
    /// The path.
    pub path: Path,
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

/// The whole account: what lists and summaries are about.
pub struct WholeAccount;

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
pub(super) fn push_resource_tags(keys: &mut ContextKeys, tags: &BTreeMap<String, String>) {
    for (key, value) in tags {
        keys.push(format!("aws:ResourceTag/{key}"), value.clone());
        keys.push(format!("iam:ResourceTag/{key}"), value.clone());
    }
}

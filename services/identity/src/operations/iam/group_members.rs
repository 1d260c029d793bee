//! Who is in which group: `AddUserToGroup`, `RemoveUserFromGroup` and `ListGroupsForUser`.

use keywright_store::Connection;

use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::{Page, slice};
use super::subjects::OfIdentity;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::IdentityName;
use crate::error::{Entity, IdentityError};
use crate::store::identities::StoredIdentity;
use crate::store::{self, changes, groups, identity_edits, lists};

iam_operation! {
    /// Puts a user into a group, so that it has the group's policies.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html>
    AddUserToGroup: changes StoredIdentity => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        group_name: String as "groupName",
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Group, &input.group_name)
    }
    run(_, request, work) {
        let (transaction, group) = (work.transaction().await?, &request.subject.identity);
        let user = member(transaction, group, &request.input.user_name).await?;
        identity_edits::lock(transaction, group).await?;
        identity_edits::lock(transaction, &user).await?;
        groups::add(transaction, group, &user).await?;
        changes::note_identity(transaction, &user).await
    }
}

iam_operation! {
    /// Takes a user out of a group.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html>
    RemoveUserFromGroup: changes StoredIdentity => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        group_name: String as "groupName",
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Group, &input.group_name)
    }
    run(_, request, work) {
        let (transaction, group) = (work.transaction().await?, &request.subject.identity);
        let user = member(transaction, group, &request.input.user_name).await?;
        if !groups::remove(transaction, group, &user).await? {
            return Err(IdentityError::NoSuchEntity(Entity::Member(user.name.to_string())));
        }
        changes::note_identity(transaction, &user).await
    }
}

iam_operation! {
    /// Tells which groups a user is in.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html>
    ListGroupsForUser: reads StoredIdentity => Page<IdentityOut> {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::User, &input.user_name)
    }
    run(directory, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let connection = directory.store.connection().await?;
        let found = lists::groups_of_user(&connection, &request.subject.identity, &slice).await?;
        Ok(identities::page("Groups", found, &slice))
    }
}

async fn member(connection: &Connection, group: &Identity, name: &str) -> Result<Identity, IdentityError> {
    let (kind, name) = (IdentityKind::User, IdentityName::parse(name)?);
    let user = store::identities::find(connection, group.account, kind, &name).await?;
    user.ok_or_else(|| IdentityError::NoSuchEntity(Entity::Identity(kind, name.to_string())))
}

//! Groups: `CreateGroup`, `GetGroup` and `DeleteGroup`.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::{One, Page, slice};
use super::subjects::{NewIdentity, NewIdentityName, OfIdentity};
use crate::domain::identity::IdentityKind;
use crate::store::identities::StoredIdentity;
use crate::store::lists;

iam_operation! {
    /// Makes a group without any permission.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html>
    CreateGroup: changes NewIdentity => One<IdentityOut> {
        #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
        path: Option<String> as "path",
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        group_name: String as "groupName",
    }
    name(_, input) {
        NewIdentityName::named(IdentityKind::Group, &input.group_name, input.path.as_deref())
    }
    answer(response, made) {
        identities::show_made(response, &made.value);
    }
    run(directory, request, work) {
        let group = StoredIdentity::new(request.subject.0.clone(), directory.clock.now());
        identities::make(work.transaction().await?, &group).await?;
        Ok(One::of("Group", IdentityOut::made(group)))
    }
}

/// A group with its users.
pub(crate) struct GroupAndUsers {
    group: IdentityOut,
    users: Page<IdentityOut>,
}

impl Serialize for GroupAndUsers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("GroupAndUsers", 4)?;
        out.serialize_field("Group", &self.group)?;
        self.users.write(&mut out)?;
        out.end()
    }
}

iam_operation! {
    /// Tells of a group, and who is in it.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html>
    GetGroup: reads StoredIdentity => GroupAndUsers {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        group_name: String as "groupName",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Group, &input.group_name)
    }
    run(directory, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let connection = directory.store.connection().await?;
        let users = lists::users_of_group(&connection, &request.subject.identity, &slice).await?;
        let group = IdentityOut::whole(request.subject.clone());
        Ok(GroupAndUsers { group, users: identities::page("Users", users, &slice) })
    }
}

iam_operation! {
    /// Takes a group away that has no users and policies any more.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html>
    DeleteGroup: changes StoredIdentity => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        group_name: String as "groupName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Group, &input.group_name)
    }
    run(_, request, work) {
        identities::delete(work.transaction().await?, request.subject).await
    }
}

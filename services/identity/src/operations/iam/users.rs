//! Users: `CreateUser`, `GetUser`, `UpdateUser`, `DeleteUser` and `ListUsers`.

use keywright_aws_api::shape::Timestamp;
use serde::Serialize;

use super::boundaries;
use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::{One, Page};
use super::subjects::{NewIdentity, NewIdentityName, OfIdentity, UserOrRoot, UserOrRootName, WholeAccount};
use super::tag::{self, Tag};
use crate::domain::identity::IdentityKind;
use crate::store::identities::StoredIdentity;

iam_operation! {
    /// Makes a user without any permission.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
    CreateUser: changes NewIdentity => One<IdentityOut> {
        #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
        path: Option<String> as "path",
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
        #[member(length = 20..=2048)]
        permissions_boundary: Option<String> as "permissionsBoundary",
        #[member(length = ..=50)]
        tags: Option<Vec<Tag>> as "tags",
    }
    name(_, input) {
        NewIdentityName::named(IdentityKind::User, &input.user_name, input.path.as_deref())
    }
    keys(input, keys) {
        tag::push_request_tags(keys, input.tags.as_deref().unwrap_or_default());
        boundaries::push_requested(keys, input.permissions_boundary.as_deref());
    }
    tags(input) "iam:TagUser"
    answer(response, made) {
        identities::show_made(response, &made.value);
    }
    run(directory, request, work) {
        let (input, now) = (request.input, directory.clock.now());
        let user = StoredIdentity {
            tags: tag::put_over(Default::default(), input.tags.as_deref().unwrap_or_default())?,
            boundary_arn: input.permissions_boundary.clone(),
            ..StoredIdentity::new(request.subject.0.clone(), now)
        };
        identities::make(work.transaction().await?, &user).await?;
        Ok(One::of("User", IdentityOut::made(user)))
    }
}

/// A user, or the root user, which has neither name nor path.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum UserOut {
    /// A user.
    User(IdentityOut),
    /// The root user.
    #[serde(rename_all = "PascalCase")]
    Root {
        /// The account's id.
        user_id: String,
        /// The ARN.
        arn: String,
        /// When the account was made.
        create_date: Timestamp,
    },
}

iam_operation! {
    /// Tells of a user; without a name, of the caller.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html>
    GetUser: reads UserOrRoot => One<UserOut> {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
    }
    name(call, input) {
        UserOrRootName::named_or_caller(call, input.user_name.as_deref())
    }
    run(directory, request, _) {
        let user = match request.subject {
            UserOrRoot::User(user) => UserOut::User(IdentityOut::whole(StoredIdentity::clone(user))),
            UserOrRoot::Root(account) => {
                let connection = directory.store.connection().await?;
                let create_date = crate::store::accounts::created_at(&connection, *account).await?.into();
                UserOut::Root { user_id: account.to_string(), arn: request.subject.owner().arn(), create_date }
            }
        };
        Ok(One::of("User", user))
    }
}

iam_operation! {
    /// Gives a user another name or path.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
    UpdateUser: changes StoredIdentity => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
        #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
        new_path: Option<String> as "newPath",
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        new_user_name: Option<String> as "newUserName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::User, &input.user_name)
    }
    also(input, user) {
        identities::new_arn(user, input.new_user_name.as_deref(), input.new_path.as_deref())
    }
    run(_, request, work) {
        let input = request.input;
        let (name, path) = (input.new_user_name.as_deref(), input.new_path.as_deref());
        identities::rename(work.transaction().await?, request.subject, name, path).await
    }
}

iam_operation! {
    /// Takes a user away that has no access keys, policies and groups any more.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>
    DeleteUser: changes StoredIdentity => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: String as "userName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::User, &input.user_name)
    }
    run(_, request, work) {
        identities::delete(work.transaction().await?, request.subject).await
    }
}

iam_operation! {
    /// Tells which users there are.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>
    ListUsers: reads WholeAccount => Page<IdentityOut> {
        #[member(length = 1..=512, pattern = "\\u002F[\\u0021-\\u007F]*")]
        path_prefix: Option<String> as "pathPrefix",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let input = request.input;
        let (kind, prefix) = (IdentityKind::User, input.path_prefix.as_deref());
        identities::list(directory, request.call, kind, prefix, input.marker.as_deref(), input.max_items).await
    }
}

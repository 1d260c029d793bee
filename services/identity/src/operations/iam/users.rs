//! Users: `CreateUser`, `GetUser` and `DeleteUser`.

use keywright_aws_api::shape::Timestamp;
use serde::Serialize;

use super::boundaries;
use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::One;
use super::subjects::{NewIdentity, NewIdentityName, OfIdentity, UserOrRoot, UserOrRootName};
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

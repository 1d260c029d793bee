//! Access keys of users, and of the root user if it asks itself.

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{AccountId, wire_enum};
use keywright_store::Connection;
use serde::Serialize;

use super::define::{Recorded, iam_operation};
use super::operation::Subject;
use super::page::{One, Page, slice};
use super::subjects::{UserOrRoot, UserOrRootName, push_resource_tags};
use crate::directory::Directory;
use crate::domain::access_key::{AccessKeyId, AccessKeyStatus, NewAccessKey};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::owner::Owner;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError};
use crate::last_use::Use;
use crate::store::{access_keys, changes, identities, identity_edits};

iam_operation! {
    /// Makes an access key; its secret is shown this once.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>
    CreateAccessKey: changes UserOrRoot => One<AccessKeyOut> {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
    }
    name(call, input) {
        UserOrRootName::named_or_caller(call, input.user_name.as_deref())
    }
    answer(response, made) {
        response.push_object("accessKey", made.value.shown());
    }
    run(directory, request, work) {
        let (owner, now) = (request.subject.owner(), directory.clock.now());
        let transaction = work.transaction().await?;
        if let Owner::User(user) = &owner {
            identity_edits::lock(transaction, user).await?;
        }
        let key = directory.insert_access_key(transaction, &owner, now).await?;
        let NewAccessKey { access_key_id, secret_access_key } = key;
        let access_key = AccessKeyOut {
            user_name: request.subject.name(),
            access_key_id: access_key_id.to_string(),
            status: AccessKeyStatus::Active.as_str(),
            secret_access_key: SecretTextOut(secret_access_key),
            create_date: now.into(),
        };
        Ok(One::of("AccessKey", access_key))
    }
}

/// An access key with its secret.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessKeyOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    access_key_id: String,
    status: &'static str,
    secret_access_key: SecretTextOut,
    create_date: Timestamp,
}

impl AccessKeyOut {
    /// What a record shows of it.
    fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields
            .push_opt_str("userName", self.user_name.as_deref())
            .push_str("accessKeyId", self.access_key_id.as_str())
            .push_str("status", self.status)
            .push_str("createDate", shown_time(self.create_date.to_offset_date_time()));
        fields
    }
}

iam_operation! {
    /// Tells which access keys there are.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>
    ListAccessKeys: reads UserOrRoot => Page<AccessKeyMetadata> {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(call, input) {
        UserOrRootName::named_or_caller(call, input.user_name.as_deref())
    }
    run(directory, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let connection = directory.store.connection().await?;
        let found = access_keys::list(&connection, &request.subject.owner(), &slice).await?;
        let user_name = request.subject.name();
        Ok(Page::of("AccessKeyMetadata", found, &slice, |key| key.id.to_string(), |key| AccessKeyMetadata {
            user_name: user_name.clone(),
            access_key_id: key.id.to_string(),
            status: key.status,
            create_date: key.created_at.into(),
        }))
    }
}

/// An access key in a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessKeyMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    access_key_id: String,
    status: String,
    create_date: Timestamp,
}

wire_enum! {
    /// What an access key can be.
    pub(crate) enum StatusType {
        /// It may be used.
        Active = "Active",
        /// It may not.
        Inactive = "Inactive",
        /// It may not any more; no access key becomes that here.
        Expired = "Expired",
    }
}

impl Recorded for StatusType {
    fn record<'a>(&'a self, request: &mut keywright_audit_log::Fields<'a>, name: &'static str) {
        request.push_str(name, self.as_str());
    }
}

iam_operation! {
    /// Makes an access key active or inactive.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>
    UpdateAccessKey: changes UserOrRoot => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
        #[member(length = 16..=128, pattern = "[\\w]+")]
        access_key_id: String as "accessKeyId",
        status: StatusType as "status",
    }
    name(call, input) {
        UserOrRootName::named_or_caller(call, input.user_name.as_deref())
    }
    run(_, request, work) {
        let status = match request.input.status {
            StatusType::Active => AccessKeyStatus::Active,
            StatusType::Inactive => AccessKeyStatus::Inactive,
            StatusType::Expired => {
                let message = "An access key can be made active or inactive.";
                return Err(IdentityError::InvalidInput(message.to_owned()));
            }
        };
        let (owner, id) = (request.subject.owner(), AccessKeyId::parse(&request.input.access_key_id)?);
        let transaction = work.transaction().await?;
        if !access_keys::set_status_of(transaction, &owner, &id, status).await? {
            return Err(IdentityError::NoSuchEntity(Entity::AccessKey(id)));
        }
        changes::note_owner(transaction, &owner).await
    }
}

iam_operation! {
    /// Takes an access key away.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html>
    DeleteAccessKey: changes UserOrRoot => () {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
        #[member(length = 16..=128, pattern = "[\\w]+")]
        access_key_id: String as "accessKeyId",
    }
    name(call, input) {
        UserOrRootName::named_or_caller(call, input.user_name.as_deref())
    }
    run(_, request, work) {
        let (owner, id) = (request.subject.owner(), AccessKeyId::parse(&request.input.access_key_id)?);
        let transaction = work.transaction().await?;
        if !access_keys::delete_of(transaction, &owner, &id).await? {
            return Err(IdentityError::NoSuchEntity(Entity::AccessKey(id)));
        }
        changes::note_owner(transaction, &owner).await
    }
}

/// An access key of the account, by its id alone.
pub(crate) struct UsedAccessKey {
    owner: Owner,
    tags: Tags,
    last: Option<Use>,
}

impl Subject for UsedAccessKey {
    type Name = AccessKeyId;

    async fn find(
        directory: &Directory,
        connection: &Connection,
        account: AccountId,
        id: AccessKeyId,
    ) -> Result<Self, IdentityError> {
        // Memory first: what is written in between is in the row then.
        let noted = directory.last_use.of_access_key(&id);
        let Some((owner, stored)) = access_keys::find_use(connection, account, &id).await? else {
            return Err(IdentityError::NoSuchEntity(Entity::AccessKey(id)));
        };
        let tags = match &owner {
            Owner::User(Identity { kind, name, .. }) => {
                let user = identities::find_stored(connection, account, *kind, name).await?;
                user.map(|user| user.tags).unwrap_or_default()
            }
            Owner::Root { .. } | Owner::Service(_) => Tags::default(),
        };
        Ok(Self { owner, tags, last: Use::later(noted, stored) })
    }

    fn arn(&self) -> String {
        self.owner.arn()
    }

    fn arn_of(account: AccountId, _: &AccessKeyId) -> String {
        IdentityKind::User.arn(account, "/*")
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(IdentityKind::User.resource_type())
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        push_resource_tags(keys, &self.tags);
    }
}

iam_operation! {
    /// Tells when, where and for what an access key was last used.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
    GetAccessKeyLastUsed: reads UsedAccessKey => AccessKeyLastUsedOut {
        #[member(length = 16..=128, pattern = "[\\w]+")]
        access_key_id: String as "accessKeyId",
    }
    name(_, input) {
        Ok(AccessKeyId::parse(&input.access_key_id)?)
    }
    run(_, request, _) {
        let UsedAccessKey { owner, last, .. } = request.subject;
        let user_name = if let Owner::User(user) = owner { Some(user.name.to_string()) } else { None };
        let access_key_last_used = match last {
            Some(last) => LastUsed {
                last_used_date: Some(last.at.into()),
                service_name: last.service.to_string(),
                region: last.region.to_string(),
            },
            None => LastUsed {
                last_used_date: None,
                service_name: NEVER.to_owned(),
                region: NEVER.to_owned(),
            },
        };
        Ok(AccessKeyLastUsedOut { user_name, access_key_last_used })
    }
}

/// Whose the access key is, and its last use.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessKeyLastUsedOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    access_key_last_used: LastUsed,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_date: Option<Timestamp>,
    service_name: String,
    region: String,
}

const NEVER: &str = "N/A";

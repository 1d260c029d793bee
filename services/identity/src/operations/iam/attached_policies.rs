//! Managed policies that are attached to users, groups and roles.

use keywright_store::Transaction;
use serde::Serialize;

use super::boundaries::require;
use super::define::iam_operation;
use super::page::{Page, slice};
use super::service_linked_roles::modifiable;
use super::subjects::OfIdentity;
use crate::directory::Directory;
use crate::domain::identity::IdentityKind;
use crate::error::IdentityError;
use crate::store::identities::StoredIdentity;
use crate::store::identity_policies::Attachment;
use crate::store::{changes, identity_edits, identity_policies, policies};

macro_rules! attached_policy_operations {
    ($kind:ident, $member:ident, $longest:tt as $shown:literal: $attach:ident, $detach:ident, $list:ident) => {
        iam_operation! {
            /// Attaches a managed policy; one that is attached stays.
            $attach: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 20..=2048)]
                policy_arn: String as "policyArn",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            keys(input, keys) {
                keys.push("iam:PolicyARN", input.policy_arn.clone());
            }
            run(_, request, work) {
                attach(work.transaction().await?, request.subject, &request.input.policy_arn).await
            }
        }

        iam_operation! {
            /// Detaches a managed policy.
            $detach: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 20..=2048)]
                policy_arn: String as "policyArn",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            keys(input, keys) {
                keys.push("iam:PolicyARN", input.policy_arn.clone());
            }
            run(_, request, work) {
                detach(work.transaction().await?, request.subject, &request.input.policy_arn).await
            }
        }

        iam_operation! {
            /// Tells which managed policies are attached.
            $list: reads StoredIdentity => Page<AttachedPolicy> {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=512, pattern = "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/")]
                path_prefix: Option<String> as "pathPrefix",
                #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
                marker: Option<String> as "marker",
                #[member(range = 1..=1000)]
                max_items: Option<i32> as "maxItems",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(directory, request, _) {
                let input = request.input;
                let (prefix, marker) = (input.path_prefix.as_deref(), input.marker.as_deref());
                list(directory, request.subject, prefix, marker, input.max_items).await
            }
        }
    };
}

attached_policy_operations!(User, user_name, 64 as "userName":
    AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies);
attached_policy_operations!(Group, group_name, 128 as "groupName":
    AttachGroupPolicy, DetachGroupPolicy, ListAttachedGroupPolicies);
attached_policy_operations!(Role, role_name, 64 as "roleName":
    AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies);

/// [AttachedPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPolicy.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachedPolicy {
    policy_name: String,
    policy_arn: String,
}

async fn attach(
    transaction: &Transaction,
    stored: &StoredIdentity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let identity = &stored.identity;
    modifiable(stored)?;
    identity_edits::lock(transaction, identity).await?;
    require(transaction, identity.account, policy_arn).await?;
    identity_policies::admit_attachment(transaction, identity, policy_arn).await?;
    policies::attach(transaction, identity, policy_arn).await?;
    changes::note_identity(transaction, identity).await
}

async fn detach(
    transaction: &Transaction,
    stored: &StoredIdentity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    modifiable(stored)?;
    identity_policies::detach(transaction, &stored.identity, policy_arn).await?;
    changes::note_identity(transaction, &stored.identity).await
}

async fn list(
    directory: &Directory,
    stored: &StoredIdentity,
    path_prefix: Option<&str>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<AttachedPolicy>, IdentityError> {
    let slice = slice(marker, max_items)?;
    let connection = directory.store.connection().await?;
    let prefix = path_prefix.unwrap_or("/");
    let found = identity_policies::list_attached(&connection, &stored.identity, prefix, &slice).await?;
    let view = |Attachment { policy_name, policy_arn, .. }| AttachedPolicy { policy_name, policy_arn };
    Ok(Page::of("AttachedPolicies", found, &slice, |attachment| attachment.policy_id.clone(), view))
}

//! Inline policies of users, groups and roles.

use keywright_store::Transaction;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::define::iam_operation;
use super::identity_out::url_encoded;
use super::page::{Page, slice};
use super::service_linked_roles::modifiable;
use super::subjects::OfIdentity;
use crate::directory::Directory;
use crate::domain::identity::IdentityKind;
use crate::domain::names::PolicyName;
use crate::domain::policy::IdentityPolicyText;
use crate::error::IdentityError;
use crate::store::identities::StoredIdentity;
use crate::store::{changes, identity_edits, identity_policies, policies};

macro_rules! inline_policy_operations {
    (
        $kind:ident, $member:ident, $longest:tt as $shown:literal:
        $put:ident, $get:ident, $delete:ident, $list:ident
    ) => {
        iam_operation! {
            /// Sets an inline policy.
            $put: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
                policy_name: String as "policyName",
                #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
                policy_document: String as "policyDocument",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(_, request, work) {
                let input = request.input;
                put(work.transaction().await?, request.subject, &input.policy_name, &input.policy_document).await
            }
        }

        iam_operation! {
            /// Tells an inline policy.
            $get: reads StoredIdentity => InlinePolicyOut {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
                policy_name: String as "policyName",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(directory, request, _) {
                get(directory, request.subject, &request.input.policy_name).await
            }
        }

        iam_operation! {
            /// Takes an inline policy away.
            $delete: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
                policy_name: String as "policyName",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(_, request, work) {
                delete(work.transaction().await?, request.subject, &request.input.policy_name).await
            }
        }

        iam_operation! {
            /// Tells the names of the inline policies.
            $list: reads StoredIdentity => Page<String> {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
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
                list(directory, request.subject, input.marker.as_deref(), input.max_items).await
            }
        }
    };
}

inline_policy_operations!(User, user_name, 128 as "userName":
    PutUserPolicy, GetUserPolicy, DeleteUserPolicy, ListUserPolicies);
inline_policy_operations!(Group, group_name, 128 as "groupName":
    PutGroupPolicy, GetGroupPolicy, DeleteGroupPolicy, ListGroupPolicies);
inline_policy_operations!(Role, role_name, 64 as "roleName":
    PutRolePolicy, GetRolePolicy, DeleteRolePolicy, ListRolePolicies);

/// An inline policy, and whose it is.
pub(crate) struct InlinePolicyOut {
    kind: IdentityKind,
    identity_name: String,
    policy_name: String,
    document: String,
}

impl Serialize for InlinePolicyOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("InlinePolicyOut", 3)?;
        let name = match self.kind {
            IdentityKind::User => "UserName",
            IdentityKind::Group => "GroupName",
            IdentityKind::Role => "RoleName",
        };
        out.serialize_field(name, &self.identity_name)?;
        out.serialize_field("PolicyName", &self.policy_name)?;
        out.serialize_field("PolicyDocument", &url_encoded(&self.document))?;
        out.end()
    }
}

async fn put(
    transaction: &Transaction,
    stored: &StoredIdentity,
    name: &str,
    document: &str,
) -> Result<(), IdentityError> {
    let (name, document) = (PolicyName::parse(name)?, IdentityPolicyText::parse(document)?);
    let identity = &stored.identity;
    modifiable(stored)?;
    identity_edits::lock(transaction, identity).await?;
    identity_policies::admit_inline(transaction, identity, name.as_str(), document.as_str()).await?;
    policies::put_inline(transaction, identity, &name, &document).await?;
    changes::note_identity(transaction, identity).await
}

async fn get(
    directory: &Directory,
    stored: &StoredIdentity,
    name: &str,
) -> Result<InlinePolicyOut, IdentityError> {
    let identity = &stored.identity;
    let connection = directory.store.connection().await?;
    Ok(InlinePolicyOut {
        kind: identity.kind,
        identity_name: identity.name.to_string(),
        policy_name: name.to_owned(),
        document: identity_policies::find_inline(&connection, identity, name).await?,
    })
}

async fn delete(transaction: &Transaction, stored: &StoredIdentity, name: &str) -> Result<(), IdentityError> {
    modifiable(stored)?;
    identity_policies::delete_inline(transaction, &stored.identity, name).await?;
    changes::note_identity(transaction, &stored.identity).await
}

async fn list(
    directory: &Directory,
    stored: &StoredIdentity,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<String>, IdentityError> {
    let slice = slice(marker, max_items)?;
    let connection = directory.store.connection().await?;
    let names = identity_policies::list_inline(&connection, &stored.identity, &slice).await?;
    Ok(Page::of("PolicyNames", names, &slice, String::clone, |name| name))
}

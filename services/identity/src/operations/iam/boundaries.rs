//! Permissions boundaries of users and roles.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Arn};
use keywright_store::Transaction;

use super::define::iam_operation;
use super::service_linked_roles::modifiable;
use super::subjects::{OfIdentity, ToBeBounded};
use crate::domain::identity::IdentityKind;
use crate::error::{Entity, IdentityError};
use crate::store::identities::StoredIdentity;
use crate::store::{changes, identity_edits, identity_policies};

macro_rules! boundary_operations {
    ($kind:ident, $member:ident as $shown:literal: $put:ident, $delete:ident) => {
        iam_operation! {
            /// Sets the permissions boundary: what the identity can be allowed at most.
            $put: changes ToBeBounded => () {
                #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 20..=2048)]
                permissions_boundary: String as "permissionsBoundary",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            keys(input, keys) {
                push_requested(keys, Some(&input.permissions_boundary));
            }
            run(_, request, work) {
                put(work.transaction().await?, &request.subject.0, &request.input.permissions_boundary).await
            }
        }

        iam_operation! {
            /// Takes the permissions boundary away.
            $delete: changes StoredIdentity => () {
                #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(_, request, work) {
                delete(work.transaction().await?, request.subject).await
            }
        }
    };
}

boundary_operations!(User, user_name as "userName": PutUserPermissionsBoundary, DeleteUserPermissionsBoundary);
boundary_operations!(Role, role_name as "roleName": PutRolePermissionsBoundary, DeleteRolePermissionsBoundary);

async fn put(
    transaction: &Transaction,
    stored: &StoredIdentity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let identity = &stored.identity;
    modifiable(stored)?;
    identity_edits::lock(transaction, identity).await?;
    require(transaction, identity.account, policy_arn).await?;
    identity_edits::set_boundary(transaction, identity, Some(policy_arn)).await?;
    changes::note_identity(transaction, identity).await
}

async fn delete(transaction: &Transaction, stored: &StoredIdentity) -> Result<(), IdentityError> {
    let identity = &stored.identity;
    modifiable(stored)?;
    if stored.boundary_arn.is_none() {
        return Err(IdentityError::NoSuchEntity(Entity::Boundary(identity.name.to_string())));
    }
    identity_edits::lock(transaction, identity).await?;
    identity_edits::set_boundary(transaction, identity, None).await?;
    changes::note_identity(transaction, identity).await
}

/// Sees that a text is the ARN of a managed policy which the account finds.
///
/// # Errors
/// [`IdentityError::InvalidInput`] for another text, [`IdentityError::NoSuchEntity`] when there is no such policy.
pub(super) async fn require(
    transaction: &Transaction,
    account: AccountId,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let of_policy = |arn: Arn| arn.service() == "iam" && arn.resource().starts_with("policy/");
    if !Arn::parse(policy_arn).is_ok_and(of_policy) {
        return Err(IdentityError::InvalidInput(format!("ARN {policy_arn} is not valid.")));
    }
    identity_policies::require_managed(transaction, account, policy_arn).await
}

/// The condition key `iam:PermissionsBoundary` of a request that sets one.
pub(super) fn push_requested(keys: &mut ContextKeys, policy_arn: Option<&str>) {
    if let Some(arn) = policy_arn {
        keys.push("iam:PermissionsBoundary", arn.to_owned());
    }
}

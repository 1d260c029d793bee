//! What is changed of users, groups and roles that are there.

use keywright_aws_api::AccountId;
use keywright_store::{StoreError, Transaction};

use super::column;
use super::identities::{named_once, stored_seconds, stored_tags, tags};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::domain::quota::Quota;
use crate::domain::tags::Tags;
use crate::domain::trust_policy::TrustPolicyText;
use crate::error::{Entity, IdentityError, Left};

/// Makes those who change an identity take turns until the transaction ends.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when it is gone by now.
pub async fn lock(transaction: &Transaction, identity: &Identity) -> Result<(), IdentityError> {
    let sql = "SELECT 1 FROM identities WHERE identity_id = $1 FOR UPDATE";
    match transaction.query_opt(sql, &[&identity.id]).await? {
        Some(_) => Ok(()),
        None => Err(IdentityError::NoSuchEntity(Entity::Identity(identity.kind, identity.name.to_string()))),
    }
}

/// Makes those who add identities to an account take turns until the transaction ends, and sees that there may be
/// another one.
///
/// # Errors
/// [`IdentityError::LimitExceeded`].
pub async fn admit_another(
    transaction: &Transaction,
    account: AccountId,
    kind: IdentityKind,
) -> Result<(), IdentityError> {
    let sql = "SELECT 1 FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE";
    transaction.query_opt(sql, &[&account.as_str()]).await?;
    let sql = "SELECT count(*) AS count FROM identities WHERE account_id = $1 AND kind = $2";
    let row = transaction.query_one(sql, &[&account.as_str(), &kind.as_str()]).await?;
    within(&row, Quota::in_account(kind))
}

/// Whether a count leaves room for another one.
pub(super) fn within(row: &keywright_store::Row, quota: Quota) -> Result<(), IdentityError> {
    let count: i64 = column(row, "count")?;
    let room = usize::try_from(count).is_ok_and(|count| count < quota.most);
    if room { Ok(()) } else { Err(IdentityError::LimitExceeded(quota)) }
}

/// Gives an identity this name and path.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when the name is taken.
pub async fn rename(
    transaction: &Transaction,
    identity: &Identity,
    name: &IdentityName,
    path: &Path,
) -> Result<(), IdentityError> {
    let sql = "UPDATE identities SET name = $2, path = $3 WHERE identity_id = $1";
    let done = transaction.execute(sql, &[&identity.id, &name.as_str(), &path.as_str()]).await;
    named_once(done, identity.kind, name)
}

/// The tags of an identity.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn current_tags(transaction: &Transaction, identity: &Identity) -> Result<Tags, IdentityError> {
    let sql = "SELECT tags FROM identities WHERE identity_id = $1";
    tags(&transaction.query_one(sql, &[&identity.id]).await?)
}

/// Sets the tags of an identity.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_tags(transaction: &Transaction, identity: &Identity, tags: &Tags) -> Result<(), StoreError> {
    let sql = "UPDATE identities SET tags = $2 WHERE identity_id = $1";
    transaction.execute(sql, &[&identity.id, &stored_tags(tags)]).await.map(|_| ())
}

/// Sets the permissions boundary of an identity, or takes it away.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_boundary(
    transaction: &Transaction,
    identity: &Identity,
    policy_arn: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE identities SET boundary_arn = $2 WHERE identity_id = $1";
    transaction.execute(sql, &[&identity.id, &policy_arn]).await.map(|_| ())
}

/// Sets what is given of a role's description and of how long its sessions may be.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_role_settings(
    transaction: &Transaction,
    role: &Identity,
    description: Option<&str>,
    max_session_seconds: Option<u32>,
) -> Result<(), StoreError> {
    let sql = "UPDATE identities SET description = coalesce($2, description),
        max_session_seconds = coalesce($3, max_session_seconds) WHERE identity_id = $1";
    let seconds = max_session_seconds.map(stored_seconds);
    transaction.execute(sql, &[&role.id, &description, &seconds]).await.map(|_| ())
}

/// Sets who may assume a role.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_trust_policy(
    transaction: &Transaction,
    role: &Identity,
    policy: &TrustPolicyText,
) -> Result<(), StoreError> {
    let sql = "UPDATE identities SET trust_policy = $2 WHERE identity_id = $1";
    transaction.execute(sql, &[&role.id, &policy.as_str()]).await.map(|_| ())
}

/// Takes an identity away that has nothing any more.
///
/// # Errors
/// [`IdentityError::DeleteConflict`] when something is left of it.
pub async fn delete(transaction: &Transaction, identity: &Identity) -> Result<(), IdentityError> {
    let row = transaction.query_one(include_str!("sql/left_of_identity.sql"), &[&identity.id]).await?;
    for (name, left) in [
        ("access_keys", Left::AccessKeys),
        ("inline_policies", Left::InlinePolicies),
        ("attached_policies", Left::AttachedPolicies),
        ("members", Left::Members),
    ] {
        if column(&row, name)? {
            return Err(IdentityError::DeleteConflict(left));
        }
    }
    transaction.execute("DELETE FROM identities WHERE identity_id = $1", &[&identity.id]).await?;
    Ok(())
}

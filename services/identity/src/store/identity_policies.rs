//! What policies an identity has itself: inline ones, and attachments of managed ones.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Transaction};

use super::column;
use super::identity_edits::within;
use super::lists::Slice;
use crate::domain::identity::Identity;
use crate::domain::quota::{Quota, policy_size};
use crate::error::{Entity, IdentityError};

/// Sees that an inline policy of this text may stand beside the others of a locked identity.
///
/// # Errors
/// [`IdentityError::LimitExceeded`] when they would be too long together.
pub async fn admit_inline(
    transaction: &Transaction,
    identity: &Identity,
    name: &str,
    document: &str,
) -> Result<(), IdentityError> {
    let sql = "SELECT document FROM inline_policies WHERE identity_id = $1 AND policy_name <> $2";
    let mut size = policy_size(document);
    for row in transaction.query(sql, &[&identity.id, &name]).await? {
        size += policy_size(column(&row, "document")?);
    }
    let quota = Quota::inline_policies(identity.kind);
    if size > quota.most { Err(IdentityError::LimitExceeded(quota)) } else { Ok(()) }
}

/// The text of an inline policy.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the identity has none of this name.
pub async fn find_inline(
    connection: &Connection,
    identity: &Identity,
    name: &str,
) -> Result<String, IdentityError> {
    let sql = "SELECT document FROM inline_policies WHERE identity_id = $1 AND policy_name = $2";
    match connection.query_opt(sql, &[&identity.id, &name]).await? {
        Some(row) => column(&row, "document"),
        None => Err(no_such_inline(name)),
    }
}

/// Takes an inline policy away.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the identity has none of this name.
pub async fn delete_inline(
    transaction: &Transaction,
    identity: &Identity,
    name: &str,
) -> Result<(), IdentityError> {
    let sql = "DELETE FROM inline_policies WHERE identity_id = $1 AND policy_name = $2";
    match transaction.execute(sql, &[&identity.id, &name]).await? {
        0 => Err(no_such_inline(name)),
        _ => Ok(()),
    }
}

/// The names of an identity's inline policies.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list_inline(
    connection: &Connection,
    identity: &Identity,
    slice: &Slice,
) -> Result<Vec<String>, IdentityError> {
    let sql = include_str!("sql/list_inline_policies.sql");
    let rows = connection.query(sql, &[&identity.id, &slice.after, &slice.rows]).await?;
    rows.iter().map(|row| column(row, "policy_name")).collect()
}

/// Sees that a locked identity may have another managed policy, unless it is this one, which it has.
///
/// # Errors
/// [`IdentityError::LimitExceeded`].
pub async fn admit_attachment(
    transaction: &Transaction,
    identity: &Identity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let sql = "SELECT count(*) AS count FROM attached_policies WHERE identity_id = $1 AND policy_arn <> $2";
    let row = transaction.query_one(sql, &[&identity.id, &policy_arn]).await?;
    within(&row, Quota::attached_policies(identity.kind))
}

/// Sees that the account finds a managed policy.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`].
pub async fn require_managed(
    transaction: &Transaction,
    account: AccountId,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let sql = include_str!("sql/find_managed_policy.sql");
    match transaction.query_opt(sql, &[&account.as_str(), &policy_arn]).await? {
        Some(_) => Ok(()),
        None => Err(IdentityError::NoSuchEntity(Entity::Policy(policy_arn.to_owned()))),
    }
}

/// Detaches a managed policy.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when it isn't attached.
pub async fn detach(
    transaction: &Transaction,
    identity: &Identity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let sql = "DELETE FROM attached_policies WHERE identity_id = $1 AND policy_arn = $2";
    match transaction.execute(sql, &[&identity.id, &policy_arn]).await? {
        0 => Err(IdentityError::NoSuchEntity(Entity::Attachment(policy_arn.to_owned()))),
        _ => Ok(()),
    }
}

/// A managed policy that is attached.
pub struct Attachment {
    /// The policy's unique id, in whose order they are listed.
    pub policy_id: String,
    /// Its name.
    pub policy_name: String,
    /// Its ARN.
    pub policy_arn: String,
}

/// The managed policies that are attached to an identity, of those whose paths begin with this.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list_attached(
    connection: &Connection,
    identity: &Identity,
    path_prefix: &str,
    slice: &Slice,
) -> Result<Vec<Attachment>, IdentityError> {
    let sql = include_str!("sql/list_attached_policies.sql");
    let rows = connection.query(sql, &[&identity.id, &slice.after, &path_prefix, &slice.rows]).await?;
    rows.iter()
        .map(|row| {
            Ok(Attachment {
                policy_id: column(row, "policy_id")?,
                policy_name: column(row, "policy_name")?,
                policy_arn: column(row, "policy_arn")?,
            })
        })
        .collect()
}

fn no_such_inline(name: &str) -> IdentityError {
    IdentityError::NoSuchEntity(Entity::InlinePolicy(name.to_owned()))
}

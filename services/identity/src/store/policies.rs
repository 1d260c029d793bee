//! Policies of users, groups and roles: inline ones, and managed ones attached to them.

use keywright_store::{Connection, Row, StoreError, Transaction};

use super::column;
use crate::domain::identity::Identity;
use crate::domain::names::PolicyName;
use crate::domain::policy::{IdentityPolicyText, StoredPolicy};
use crate::error::{Entity, IdentityError};

/// All policies of an identity, those of a user's groups among them, each in its default version.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn of_identity(
    connection: &Connection,
    identity: &Identity,
) -> Result<Vec<StoredPolicy>, IdentityError> {
    let rows = connection.query(include_str!("sql/policies_of_identity.sql"), &[&identity.id]).await?;
    rows.iter().map(stored).collect()
}

/// Those of these managed policies which the account finds, each in its default version.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn managed(
    connection: &Connection,
    account: &str,
    arns: &[String],
) -> Result<Vec<StoredPolicy>, IdentityError> {
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let sql = include_str!("sql/managed_policies_of_account.sql");
    connection.query(sql, &[&account, &arns]).await?.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<StoredPolicy, IdentityError> {
    Ok(StoredPolicy {
        name: column(row, "policy_name")?,
        arn: column(row, "policy_arn")?,
        document: column(row, "document")?,
    })
}

/// Sets an inline policy.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put_inline(
    transaction: &Transaction,
    identity: &Identity,
    name: &PolicyName,
    document: &IdentityPolicyText,
) -> Result<(), StoreError> {
    let sql = include_str!("sql/put_inline_policy.sql");
    transaction.execute(sql, &[&identity.id, &name.as_str(), &document.as_str()]).await.map(|_| ())
}

/// Attaches a managed policy; attaching it again changes nothing.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the identity's account finds no such policy.
pub async fn attach(
    transaction: &Transaction,
    identity: &Identity,
    policy_arn: &str,
) -> Result<(), IdentityError> {
    let account = identity.account.as_str();
    let found =
        transaction.query_opt(include_str!("sql/find_managed_policy.sql"), &[&account, &policy_arn]).await?;
    if found.is_none() {
        return Err(IdentityError::NoSuchEntity(Entity::Policy(policy_arn.to_owned())));
    }
    transaction.execute(include_str!("sql/attach_policy.sql"), &[&identity.id, &policy_arn]).await?;
    Ok(())
}

//! Policies of users: inline ones, and managed ones attached to them.

use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::column;
use crate::domain::names::PolicyName;
use crate::domain::owner::User;
use crate::domain::policy::{BuiltInPolicy, IdentityPolicyText, StoredPolicy};
use crate::error::{Entity, IdentityError};

/// All policies of a user, each in its default version.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn of_user(connection: &Connection, user: &User) -> Result<Vec<StoredPolicy>, IdentityError> {
    let rows = connection.query(include_str!("sql/policies_of_user.sql"), &[&user.user_id]).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredPolicy {
                name: column(row, "policy_name")?,
                arn: column(row, "policy_arn")?,
                document: column(row, "document")?,
            })
        })
        .collect()
}

/// Sets an inline policy of a user.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put_inline(
    transaction: &Transaction,
    user: &User,
    name: &PolicyName,
    document: &IdentityPolicyText,
) -> Result<(), StoreError> {
    let sql = include_str!("sql/put_user_policy.sql");
    transaction.execute(sql, &[&user.user_id, &name.as_str(), &document.as_str()]).await.map(|_| ())
}

/// Attaches a managed policy to a user; attaching it again changes nothing.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the user's account finds no such policy.
pub async fn attach(transaction: &Transaction, user: &User, policy_arn: &str) -> Result<(), IdentityError> {
    let account = user.account.as_str();
    let found =
        transaction.query_opt(include_str!("sql/find_managed_policy.sql"), &[&account, &policy_arn]).await?;
    if found.is_none() {
        return Err(IdentityError::NoSuchEntity(Entity::Policy(policy_arn.to_owned())));
    }
    transaction.execute(include_str!("sql/attach_user_policy.sql"), &[&user.user_id, &policy_arn]).await?;
    Ok(())
}

/// Makes a policy that every account finds, unless it is there; says whether it did.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn ensure_built_in(
    transaction: &Transaction,
    policy: &BuiltInPolicy,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let BuiltInPolicy { arn, policy_id, name, document } = policy;
    let made = transaction
        .execute(include_str!("sql/ensure_managed_policy.sql"), &[arn, policy_id, name, &now])
        .await?;
    let sql = include_str!("sql/ensure_managed_policy_version.sql");
    transaction.execute(sql, &[arn, document, &now]).await?;
    Ok(made > 0)
}

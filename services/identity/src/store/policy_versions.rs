//! The versions of managed policies: each one's text, one of which counts.

use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::{column, parsed};
use crate::domain::managed_policy::{ManagedPolicy, PolicyVersion, VersionId};
use crate::domain::quota::Quota;
use crate::error::{Entity, IdentityError, Left};

/// The versions of these policies: of each the newest first.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn of_policies(
    connection: &Connection,
    arns: &[&str],
) -> Result<Vec<PolicyVersion>, IdentityError> {
    let sql = include_str!("sql/list_managed_policy_versions.sql");
    connection.query(sql, &[&arns]).await?.iter().map(version).collect()
}

/// One version of a policy.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the policy has no such version.
pub async fn find(connection: &Connection, arn: &str, id: VersionId) -> Result<PolicyVersion, IdentityError> {
    let found = of_policies(connection, &[arn]).await?.into_iter().find(|version| version.id == id);
    found.ok_or_else(|| no_such_version(arn, &id.to_string()))
}

/// The error about a version that a policy doesn't have.
#[must_use]
pub fn no_such_version(arn: &str, id: &str) -> IdentityError {
    IdentityError::NoSuchEntity(Entity::PolicyVersion { arn: arn.to_owned(), id: id.to_owned() })
}

/// Adds a version.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    arn: &str,
    id: VersionId,
    document: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = include_str!("sql/insert_managed_policy_version.sql");
    transaction.execute(sql, &[&arn, &id.to_string(), &document, &now]).await.map(|_| ())
}

/// Adds another version to a locked policy.
///
/// # Errors
/// [`IdentityError::LimitExceeded`] when it has as many as it may.
pub async fn add(
    transaction: &Transaction,
    arn: &str,
    document: &str,
    now: OffsetDateTime,
) -> Result<VersionId, IdentityError> {
    let sql = "SELECT count(*) AS count FROM managed_policy_versions WHERE policy_arn = $1";
    let count: i64 = column(&transaction.query_one(sql, &[&arn]).await?, "count")?;
    if !usize::try_from(count).is_ok_and(|count| count < Quota::VERSIONS_OF_POLICY.most) {
        return Err(IdentityError::LimitExceeded(Quota::VERSIONS_OF_POLICY));
    }
    add_unlimited(transaction, arn, document, now).await
}

/// The same, however many there are.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn add_unlimited(
    transaction: &Transaction,
    arn: &str,
    document: &str,
    now: OffsetDateTime,
) -> Result<VersionId, IdentityError> {
    let row = transaction.query_one(include_str!("sql/next_version_of_policy.sql"), &[&arn]).await?;
    let number: i32 = column(&row, "number")?;
    let id = u32::try_from(number).ok().and_then(VersionId::numbered);
    let id = id.ok_or(IdentityError::Row("next_version"))?;
    insert(transaction, arn, id, document, now).await?;
    let sql = "UPDATE managed_policies SET updated_at = $2 WHERE policy_arn = $1";
    transaction.execute(sql, &[&arn, &now]).await?;
    Ok(id)
}

/// Makes a version the one that counts.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_default(transaction: &Transaction, arn: &str, id: VersionId) -> Result<(), StoreError> {
    let sql = "UPDATE managed_policies SET default_version = $2 WHERE policy_arn = $1";
    transaction.execute(sql, &[&arn, &id.to_string()]).await.map(|_| ())
}

/// Takes a version of a locked policy away.
///
/// # Errors
/// [`IdentityError::DeleteConflict`] for the one that counts, [`IdentityError::NoSuchEntity`] for one that isn't there.
pub async fn delete(
    transaction: &Transaction,
    policy: &ManagedPolicy,
    id: VersionId,
) -> Result<(), IdentityError> {
    if policy.default_version == id {
        return Err(IdentityError::DeleteConflict(Left::DefaultVersion));
    }
    let sql = "DELETE FROM managed_policy_versions WHERE policy_arn = $1 AND version_id = $2";
    match transaction.execute(sql, &[&policy.arn, &id.to_string()]).await? {
        0 => Err(no_such_version(&policy.arn, &id.to_string())),
        _ => Ok(()),
    }
}

fn version(row: &Row) -> Result<PolicyVersion, IdentityError> {
    Ok(PolicyVersion {
        policy_arn: column(row, "policy_arn")?,
        id: parsed(row, "version_id", |id| VersionId::parse(id).ok_or(()))?,
        document: column(row, "document")?,
        is_default: column(row, "is_default")?,
        created_at: column(row, "created_at")?,
    })
}

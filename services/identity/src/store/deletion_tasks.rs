//! Deletions of roles that were linked to services.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

/// Notes that a role was deleted.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    account: AccountId,
    task_id: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO service_linked_role_deletions (task_id, account_id, deleted_at) VALUES ($1, $2, $3)";
    transaction.execute(sql, &[&task_id, &account.as_str(), &now]).await.map(|_| ())
}

/// Whether there is such a deletion.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn exists(connection: &Connection, account: AccountId, task_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM service_linked_role_deletions WHERE task_id = $1 AND account_id = $2";
    Ok(connection.query_opt(sql, &[&task_id, &account.as_str()]).await?.is_some())
}

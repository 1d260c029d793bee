//! Accounts.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::column;
use crate::error::IdentityError;

/// Makes an account unless there is one of this id; says whether it did.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn ensure(
    transaction: &Transaction,
    account: AccountId,
    name: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let sql = include_str!("sql/ensure_account.sql");
    Ok(transaction.execute(sql, &[&account.as_str(), &name, &now]).await? > 0)
}

/// When an account was made.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn created_at(
    connection: &Connection,
    account: AccountId,
) -> Result<OffsetDateTime, IdentityError> {
    let sql = "SELECT created_at FROM accounts WHERE account_id = $1";
    column(&connection.query_one(sql, &[&account.as_str()]).await?, "created_at")
}

/// Whether there is an account of this id.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn exists(connection: &Connection, account: AccountId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM accounts WHERE account_id = $1";
    Ok(connection.query_opt(sql, &[&account.as_str()]).await?.is_some())
}

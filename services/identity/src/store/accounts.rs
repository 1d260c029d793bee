//! Accounts.

use keywright_aws_api::AccountId;
use keywright_store::{StoreError, Transaction};
use time::OffsetDateTime;

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

//! Accounts.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::{column, parsed};
use crate::error::IdentityError;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Whether it is open.
    pub status: AccountStatus,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Whether an account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// It is.
    Active,
    /// Its principals may do nothing.
    Closed,
}

impl AccountStatus {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Closed => "Closed",
        }
    }

    fn parse(text: &str) -> Result<Self, ()> {
        [Self::Active, Self::Closed].into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}

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

/// Up to `limit` accounts with ids behind `after`, in the order of ids.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list(connection: &Connection, after: &str, limit: i64) -> Result<Vec<Account>, IdentityError> {
    let rows = connection.query(include_str!("sql/list_accounts.sql"), &[&after, &limit]).await?;
    rows.iter().map(account).collect()
}

/// Closes an account; says whether there is an open one of this id.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn close(transaction: &Transaction, account: AccountId) -> Result<bool, StoreError> {
    let sql = include_str!("sql/close_account.sql");
    Ok(transaction.execute(sql, &[&account.as_str()]).await? > 0)
}

fn account(row: &Row) -> Result<Account, IdentityError> {
    Ok(Account {
        id: parsed(row, "account_id", AccountId::parse)?,
        name: column(row, "account_name")?,
        status: parsed(row, "status", AccountStatus::parse)?,
        created_at: column(row, "created_at")?,
    })
}

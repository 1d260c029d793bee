//! What other services must ask for again, because something changed of a principal. Told in the transaction of the
//! change, and heard by those who wait for it.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, StoreError, Transaction};

use super::column;
use crate::domain::identity::Identity;
use crate::domain::owner::Owner;
use crate::error::IdentityError;

/// Notes that what is known of an identity isn't true any more once the transaction commits: of a group, what is known
/// of its members.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn note_identity(transaction: &Transaction, identity: &Identity) -> Result<(), IdentityError> {
    let rows = transaction.query(include_str!("sql/subjects_of_identity.sql"), &[&identity.id]).await?;
    let subjects: Vec<&str> =
        rows.iter().map(|row| column(row, "subject")).collect::<Result<_, IdentityError>>()?;
    Ok(note(transaction, &subjects).await?)
}

/// The same of who owns access keys. A root user is known by its account.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn note_owner(transaction: &Transaction, owner: &Owner) -> Result<(), IdentityError> {
    match owner {
        Owner::User(user) => note_identity(transaction, user).await,
        Owner::Root { account } => Ok(note_account(transaction, *account).await?),
        Owner::Service(_) => Ok(note(transaction, &["*"]).await?),
    }
}

/// The same of all who belong to an account: it was closed, or one of its managed policies changed, which sessions that
/// nobody knows may have been made with.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn note_account(transaction: &Transaction, account: AccountId) -> Result<(), StoreError> {
    note(transaction, &[&format!("account:{account}")]).await
}

/// Notes these subjects: unique ids of users and roles, `account:` and an account's id, or `*`.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn note(transaction: &Transaction, subjects: &[&str]) -> Result<(), StoreError> {
    if subjects.is_empty() {
        return Ok(());
    }
    let sql = include_str!("sql/note_change.sql");
    transaction.execute(sql, &[&CHANGES_LOCK, &subjects]).await.map(|_| ())
}

/// The numbers of the first change that is kept, and of the last.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn bounds(connection: &Connection) -> Result<Option<(i64, i64)>, IdentityError> {
    let row = connection.query_one(include_str!("sql/bounds_of_changes.sql"), &[]).await?;
    let (first, last) = (column::<Option<i64>>(&row, "first")?, column::<Option<i64>>(&row, "last")?);
    Ok(first.zip(last))
}

/// The changes behind a number, in order.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn behind(connection: &Connection, after: i64) -> Result<Vec<(i64, String)>, IdentityError> {
    let rows = connection.query(include_str!("sql/changes_behind.sql"), &[&after]).await?;
    rows.iter().map(|row| Ok((column(row, "change_id")?, column(row, "subject")?))).collect()
}

/// Drops changes which nobody asks for any more; the newest of them stays, so that it is known up to where. Says how many.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn forget_old(connection: &Connection) -> Result<u64, StoreError> {
    connection.execute(include_str!("sql/forget_old_changes.sql"), &[]).await
}

/// Postgres's channel on which it is told that there is a change.
pub const CHANNEL: &str = "identity_changes";

const CHANGES_LOCK: i64 = 0x6368_616e_6765_7321;

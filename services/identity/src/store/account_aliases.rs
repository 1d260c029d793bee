//! Aliases of accounts: one each, which no other account has.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Transaction};

use super::column;
use crate::error::{Entity, IdentityError};

/// The alias of an account.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(connection: &Connection, account: AccountId) -> Result<Option<String>, IdentityError> {
    let sql = "SELECT alias FROM account_aliases WHERE account_id = $1";
    let row = connection.query_opt(sql, &[&account.as_str()]).await?;
    row.map(|row| column(&row, "alias")).transpose()
}

/// Sets the alias of an account, in the place of one that it has.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when it is taken.
pub async fn put(transaction: &Transaction, account: AccountId, alias: &str) -> Result<(), IdentityError> {
    let taken = || IdentityError::EntityAlreadyExists(Entity::AccountAlias(alias.to_owned()));
    if find(transaction, account).await?.as_deref() == Some(alias) {
        return Err(taken());
    }
    let sql = include_str!("sql/put_account_alias.sql");
    match transaction.execute(sql, &[&account.as_str(), &alias]).await {
        Ok(_) => Ok(()),
        Err(error) if error.unique_violation() == Some("account_aliases_pkey") => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// Takes the alias of an account away.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when the account hasn't this one.
pub async fn delete(transaction: &Transaction, account: AccountId, alias: &str) -> Result<(), IdentityError> {
    let sql = "DELETE FROM account_aliases WHERE account_id = $1 AND alias = $2";
    match transaction.execute(sql, &[&account.as_str(), &alias]).await? {
        0 => Err(IdentityError::NoSuchEntity(Entity::AccountAlias(alias.to_owned()))),
        _ => Ok(()),
    }
}

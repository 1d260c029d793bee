//! Users.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, Transaction};
use time::OffsetDateTime;

use super::{column, parsed};
use crate::domain::names::{Path, UserName};
use crate::domain::owner::User;
use crate::error::{Entity, IdentityError};

/// The user of this name; names are told apart without regard to case.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    name: &UserName,
) -> Result<Option<User>, IdentityError> {
    let sql = include_str!("sql/find_user.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &name.as_str()]).await?;
    row.map(|row| user(&row, account)).transpose()
}

/// Makes a user.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when the name is taken.
pub async fn insert(
    transaction: &Transaction,
    user: &User,
    now: OffsetDateTime,
) -> Result<(), IdentityError> {
    let sql = include_str!("sql/insert_user.sql");
    let (account, name, path) = (user.account.as_str(), user.user_name.as_str(), user.path.as_str());
    match transaction.execute(sql, &[&user.user_id, &account, &name, &path, &now]).await {
        Ok(_) => Ok(()),
        Err(error) if error.unique_violation() == Some("users_by_name") => {
            Err(IdentityError::EntityAlreadyExists(Entity::User(name.to_owned())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The user in a row with `user_id`, `user_name` and `path`.
pub(super) fn user(row: &Row, account: AccountId) -> Result<User, IdentityError> {
    Ok(User {
        account,
        user_id: column(row, "user_id")?,
        user_name: parsed(row, "user_name", UserName::parse)?,
        path: parsed(row, "path", Path::parse)?,
    })
}

//! Aliases.

use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::key_row::get;
use super::{AccountRows, KeyRow, Parameters};
use crate::domain::key_id::KeyId;
use crate::error::Error;

/// An alias as it is stored.
#[derive(Clone, Debug)]
pub struct StoredAlias {
    /// Its whole name.
    pub name: String,
    /// The key it stands for.
    pub key_id: KeyId,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last set to a key.
    pub last_updated_at: OffsetDateTime,
}

/// The key that an alias stands for.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(connection: &Connection, of: &AccountRows, name: &str) -> Result<Option<KeyId>, Error> {
    let Some(row) = connection.query_opt(FIND, &[&of.region, &of.account, &name]).await? else {
        return Ok(None);
    };
    key_id(&row, 0).map(Some)
}

/// As [`find`], and keeps others from changing the alias until the transaction ends.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn lock(transaction: &Transaction, of: &AccountRows, name: &str) -> Result<Option<KeyId>, Error> {
    let row = transaction.query_opt(LOCK, &[&of.region, &of.account, &name]).await?;
    row.map(|row| key_id(&row, 0)).transpose()
}

/// Adds an alias; false when there is one of that name.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    key: &KeyRow,
    name: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let parameters: Parameters<'_> = &[&key.region, &key.account, &name, &key.key_id, &now];
    Ok(transaction.execute(INSERT, parameters).await? > 0)
}

/// Sets an alias to another key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn update(
    transaction: &Transaction,
    key: &KeyRow,
    name: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&key.region, &key.account, &name, &key.key_id, &now];
    transaction.execute(UPDATE, parameters).await.map(|_| ())
}

/// Removes an alias.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, of: &AccountRows, name: &str) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&of.region, &of.account, &name]).await.map(|_| ())
}

/// An account's aliases behind `after`, by name.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list(
    connection: &Connection,
    of: &AccountRows,
    after: &str,
    limit: i64,
) -> Result<Vec<StoredAlias>, Error> {
    let rows = connection.query(LIST, &[&of.region, &of.account, &after, &limit]).await?;
    rows.iter().map(alias_from_row).collect()
}

/// A key's aliases behind `after`, by name.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list_of_key(
    connection: &Connection,
    key: &KeyRow,
    after: &str,
    limit: i64,
) -> Result<Vec<StoredAlias>, Error> {
    let parameters: Parameters<'_> = &[&key.region, &key.account, &key.key_id, &after, &limit];
    let rows = connection.query(LIST_OF_KEY, parameters).await?;
    rows.iter().map(alias_from_row).collect()
}

/// How many aliases a key has.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count_of_key(connection: &Connection, key: &KeyRow) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT_OF_KEY, &[&key.region, &key.account, &key.key_id]).await?, 0)
}

/// The names of all aliases of a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn names_of_key(connection: &Connection, key: &KeyRow) -> Result<Vec<String>, StoreError> {
    let rows = connection.query(NAMES_OF_KEY, &[&key.region, &key.account, &key.key_id]).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

fn alias_from_row(row: &Row) -> Result<StoredAlias, Error> {
    Ok(StoredAlias {
        name: get(row, 0)?,
        key_id: key_id(row, 1)?,
        created_at: get(row, 2)?,
        last_updated_at: get(row, 3)?,
    })
}

fn key_id(row: &Row, column: usize) -> Result<KeyId, Error> {
    KeyId::parse(get(row, column)?).ok_or(Error::Corrupt("key_id"))
}

const FIND: &str = include_str!("sql/find_alias.sql");
const LOCK: &str = include_str!("sql/lock_alias.sql");
const INSERT: &str = include_str!("sql/insert_alias.sql");
const UPDATE: &str = include_str!("sql/update_alias.sql");
const DELETE: &str = include_str!("sql/delete_alias.sql");
const LIST: &str = include_str!("sql/list_aliases.sql");
const LIST_OF_KEY: &str = include_str!("sql/list_aliases_of_key.sql");
const COUNT_OF_KEY: &str = include_str!("sql/count_aliases_of_key.sql");
const NAMES_OF_KEY: &str = include_str!("sql/alias_names_of_key.sql");

//! Tags on keys.

use keywright_store::{Connection, StoreError, Transaction};

use super::key_row::get;
use super::{KeyRow, Parameters};
use crate::domain::tags::Tag;

/// Sets tags; one of the same key is replaced.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(transaction: &Transaction, key: &KeyRow, tags: &[Tag]) -> Result<(), StoreError> {
    for Tag { tag_key, tag_value } in tags {
        transaction.execute(PUT, &[&key.region, &key.account, &key.key_id, tag_key, tag_value]).await?;
    }
    Ok(())
}

/// Removes tags; those that aren't there are none the worse.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, key: &KeyRow, tag_keys: &[String]) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&key.region, &key.account, &key.key_id, &tag_keys];
    transaction.execute(DELETE, parameters).await.map(|_| ())
}

/// How many tags a key has.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count(connection: &Connection, key: &KeyRow) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT, &[&key.region, &key.account, &key.key_id]).await?, 0)
}

/// A key's tags behind `after`, by tag key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn list(
    connection: &Connection,
    key: &KeyRow,
    after: &str,
    limit: i64,
) -> Result<Vec<Tag>, StoreError> {
    let parameters: Parameters<'_> = &[&key.region, &key.account, &key.key_id, &after, &limit];
    let rows = connection.query(LIST, parameters).await?;
    rows.iter().map(|row| Ok(Tag { tag_key: get(row, 0)?, tag_value: get(row, 1)? })).collect()
}

const PUT: &str = include_str!("sql/put_tag.sql");
const DELETE: &str = include_str!("sql/delete_tags.sql");
const COUNT: &str = include_str!("sql/count_tags.sql");
const LIST: &str = include_str!("sql/list_tags.sql");

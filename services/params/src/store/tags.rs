//! Tags of parameters.

use keywright_store::{Connection, StoreError, Transaction};

use super::Scope;
use super::parameters::{get, tags_from_row};
use crate::domain::parameter::ParameterId;
use crate::domain::tags::{ResourceTags, Tags};

/// The tags of a parameter, by key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn list(
    connection: &Connection,
    scope: &Scope,
    id: ParameterId,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = connection.query(LIST, &[&scope.region, &scope.account, &id.0]).await?;
    rows.iter().map(|row| Ok((get(row, "key")?, get(row, "value")?))).collect()
}

/// The tags of each of these parameters, in their order.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(connection: &Connection, ids: &[ParameterId]) -> Result<Vec<ResourceTags>, StoreError> {
    let ids = ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let rows = connection.query(FIND, &[&ids]).await?;
    rows.iter().map(tags_from_row).collect()
}

/// Adds tags to a locked parameter, or sets those it has; says how many it has then.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(transaction: &Transaction, id: ParameterId, tags: &Tags) -> Result<i64, StoreError> {
    let (keys, values) = tags.columns();
    transaction.execute(PUT, &[&id.0, &keys, &values]).await?;
    get(&transaction.query_one(COUNT, &[&id.0]).await?, "count")
}

/// Removes the tags with these keys from a locked parameter.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, id: ParameterId, keys: &[String]) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&id.0, &keys]).await.map(|_| ())
}

const FIND: &str = include_str!("sql/find_tags.sql");
const LIST: &str = include_str!("sql/list_tags.sql");
const PUT: &str = include_str!("sql/put_tags.sql");
const COUNT: &str = include_str!("sql/count_tags.sql");
const DELETE: &str = include_str!("sql/delete_tags.sql");

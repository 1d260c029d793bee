//! Tags on secrets.

use keywright_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::domain::tags::Tag;

/// Sets tags; one of the same key is replaced.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(transaction: &Transaction, secret_id: Uuid, tags: &[Tag]) -> Result<(), StoreError> {
    for Tag { key, value } in tags {
        transaction.execute(PUT, &[&secret_id, key, value]).await?;
    }
    Ok(())
}

/// Removes tags; those that aren't there are none the worse.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, secret_id: Uuid, keys: &[String]) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&secret_id, &keys]).await.map(|_| ())
}

/// Removes all tags.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn clear(transaction: &Transaction, secret_id: Uuid) -> Result<(), StoreError> {
    transaction.execute(CLEAR, &[&secret_id]).await.map(|_| ())
}

const PUT: &str = include_str!("sql/put_tag.sql");
const DELETE: &str = include_str!("sql/delete_tags.sql");
const CLEAR: &str = "DELETE FROM secret_tags WHERE secret_id = $1";

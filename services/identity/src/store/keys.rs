//! The keys that seal secrets (wrapped by the root key), and those of forward tokens (sealed by the former).

use keywright_root_key::{RootKeyId, WrappedKey};
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::{Duration, OffsetDateTime};

use super::column;
use crate::error::IdentityError;

/// A stored token key.
pub struct StoredTokenKey {
    /// Its number.
    pub number: u32,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// All sealing keys, by number.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn sealing_keys(connection: &Connection) -> Result<Vec<(u32, WrappedKey)>, IdentityError> {
    let sql = "SELECT key_number, wrapped_key FROM sealing_keys ORDER BY key_number";
    let rows = connection.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let wrapped: Vec<u8> = column(row, "wrapped_key")?;
            Ok((number(row)?, WrappedKey::from_bytes(wrapped)?))
        })
        .collect()
}

/// Adds a sealing key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert_sealing_key(
    transaction: &Transaction,
    number: u32,
    root_key: &RootKeyId,
    wrapped: &WrappedKey,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = include_str!("sql/insert_sealing_key.sql");
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 4] =
        [&stored_number(number), &root_key.to_string(), &wrapped.as_bytes(), &now];
    transaction.execute(sql, &parameters).await.map(|_| ())
}

/// Replaces the wrapped form of a sealing key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn replace_sealing_key(
    transaction: &Transaction,
    number: u32,
    root_key: &RootKeyId,
    wrapped: &WrappedKey,
) -> Result<(), StoreError> {
    let sql = "UPDATE sealing_keys SET root_key_id = $2, wrapped_key = $3 WHERE key_number = $1";
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 3] =
        [&stored_number(number), &root_key.to_string(), &wrapped.as_bytes()];
    transaction.execute(sql, &parameters).await.map(|_| ())
}

/// All token keys, by number.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn token_keys(connection: &Connection) -> Result<Vec<StoredTokenKey>, IdentityError> {
    let sql = "SELECT key_number, sealed_key, created_at FROM token_keys ORDER BY key_number";
    let rows = connection.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let (sealed, created_at) = (column(row, "sealed_key")?, column(row, "created_at")?);
            Ok(StoredTokenKey { number: number(row)?, sealed, created_at })
        })
        .collect()
}

/// Makes writers of token keys take turns until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock_token_keys(transaction: &Transaction) -> Result<(), StoreError> {
    transaction.execute("LOCK TABLE token_keys IN SHARE ROW EXCLUSIVE MODE", &[]).await.map(|_| ())
}

/// Adds a token key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert_token_key(
    transaction: &Transaction,
    number: u32,
    sealed: &[u8],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO token_keys (key_number, sealed_key, created_at) VALUES ($1, $2, $3)";
    transaction.execute(sql, &[&stored_number(number), &sealed, &now]).await.map(|_| ())
}

/// Takes away the token keys that were made before `now - age`.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete_token_keys_older_than(
    transaction: &Transaction,
    age: Duration,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    transaction.execute("DELETE FROM token_keys WHERE created_at < $1", &[&(now - age)]).await
}

fn number(row: &Row) -> Result<u32, IdentityError> {
    let number: i32 = column(row, "key_number")?;
    u32::try_from(number).map_err(|_| IdentityError::Row("key_number"))
}

/// Numbers count up from 1: a rotation a second would reach the bound in 68 years.
fn stored_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

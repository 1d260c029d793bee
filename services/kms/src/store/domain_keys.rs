//! Domain keys, wrapped by the root key.

use keywright_root_key::WrappedKey;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_row::get;
use crate::domain::domain_keys::StoredDomainKey;
use crate::error::Error;

/// What is known of a domain key.
pub struct DomainKeyRow {
    /// The key.
    pub key: StoredDomainKey,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When another one took its place; none for the active one.
    pub retired_at: Option<OffsetDateTime>,
}

/// Lets one process at a time make a domain key; held until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock(transaction: &Transaction) -> Result<(), StoreError> {
    transaction.query(LOCK, &[&LOCK_ID]).await.map(|_| ())
}

/// The key that wraps what is new, if there is any yet.
///
/// # Errors
/// [`Error::Store`]; [`Error::RootKey`] for a row in another form.
pub async fn find_active(connection: &Connection) -> Result<Option<StoredDomainKey>, Error> {
    connection.query_opt(FIND_ACTIVE, &[]).await?.map(|row| from_row(&row)).transpose()
}

/// One key.
///
/// # Errors
/// [`Error::Store`]; [`Error::RootKey`] for a row in another form.
pub async fn find(connection: &Connection, id: Uuid) -> Result<Option<StoredDomainKey>, Error> {
    connection.query_opt(FIND, &[&id]).await?.map(|row| from_row(&row)).transpose()
}

/// All keys, the oldest first.
///
/// # Errors
/// As [`find`].
pub async fn all(connection: &Connection) -> Result<Vec<DomainKeyRow>, Error> {
    let rows = connection.query(ALL, &[]).await?;
    let read = |row: &Row| {
        Ok(DomainKeyRow { key: from_row(row)?, created_at: get(row, 2)?, retired_at: get(row, 3)? })
    };
    rows.iter().map(read).collect()
}

/// Adds a key, as the active one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    key: &StoredDomainKey,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(INSERT, &[&key.id, &key.wrapped.as_bytes(), &now]).await.map(|_| ())
}

/// Makes the active key one that wraps nothing new.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn retire_active(transaction: &Transaction, now: OffsetDateTime) -> Result<(), StoreError> {
    transaction.execute(RETIRE, &[&now]).await.map(|_| ())
}

/// Replaces the wrapped form.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_wrapped(
    transaction: &Transaction,
    id: Uuid,
    wrapped: &WrappedKey,
) -> Result<(), StoreError> {
    transaction.execute(SET_WRAPPED, &[&id, &wrapped.as_bytes()]).await.map(|_| ())
}

/// Destroys a key that was retired at `retired_until` or before; false if it is not there. The database refuses while
/// anything is wrapped by it.
///
/// # Errors
/// [`StoreError::ForeignKeyViolation`] while something is; any other of the statement.
pub async fn delete(
    transaction: &Transaction,
    id: Uuid,
    retired_until: OffsetDateTime,
) -> Result<bool, StoreError> {
    transaction.execute(DELETE, &[&id, &retired_until]).await.map(|rows| rows > 0)
}

fn from_row(row: &Row) -> Result<StoredDomainKey, Error> {
    let wrapped: Vec<u8> = get(row, 1)?;
    Ok(StoredDomainKey { id: get(row, 0)?, wrapped: WrappedKey::from_bytes(wrapped)? })
}

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const LOCK_ID: i64 = 0x6b6d_7364_6f6d_6169;
const FIND_ACTIVE: &str = "SELECT domain_key_id, wrapped FROM domain_keys WHERE active";
const FIND: &str = "SELECT domain_key_id, wrapped FROM domain_keys WHERE domain_key_id = $1";
const ALL: &str = "SELECT domain_key_id, wrapped, created_at, retired_at FROM domain_keys ORDER BY created_at, domain_key_id";
const INSERT: &str = include_str!("sql/insert_domain_key.sql");
const RETIRE: &str = "UPDATE domain_keys SET active = false, retired_at = $1 WHERE active";
const SET_WRAPPED: &str = "UPDATE domain_keys SET wrapped = $2 WHERE domain_key_id = $1";
const DELETE: &str = "DELETE FROM domain_keys WHERE domain_key_id = $1 AND NOT active AND retired_at <= $2";

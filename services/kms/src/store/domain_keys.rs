//! Domain keys, wrapped by the root key.

use keywright_root_key::WrappedKey;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::domain_keys::StoredDomainKey;
use crate::error::Error;

/// Lets one process at a time make the first domain key; held until the transaction ends.
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

/// Adds the first key, as the active one.
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

fn from_row(row: &Row) -> Result<StoredDomainKey, Error> {
    let wrapped: Vec<u8> = row.try_get(1).map_err(StoreError::from)?;
    Ok(StoredDomainKey {
        id: row.try_get(0).map_err(StoreError::from)?,
        wrapped: WrappedKey::from_bytes(wrapped)?,
    })
}

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const LOCK_ID: i64 = 0x6b6d_7364_6f6d_6169;
const FIND_ACTIVE: &str = "SELECT domain_key_id, wrapped FROM domain_keys WHERE active";
const FIND: &str = "SELECT domain_key_id, wrapped FROM domain_keys WHERE domain_key_id = $1";
const INSERT: &str = include_str!("sql/insert_domain_key.sql");

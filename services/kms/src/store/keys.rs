//! Keys with their materials.

use keywright_aws_api::{AccountId, Region};
use keywright_store::types::FromSql;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AccountRows, KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, KeyState};
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::error::Error;

/// A key as it is stored: metadata, and wrapped materials, the current one first.
pub struct StoredKey {
    /// Its metadata.
    pub key: Key,
    /// Its materials.
    pub materials: Vec<StoredMaterial>,
}

/// One wrapped material.
pub struct StoredMaterial {
    /// Its id.
    pub id: KeyMaterialId,
    /// The domain key which wraps it.
    pub domain_key: Uuid,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// One key with its materials.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(
    connection: &Connection,
    region: &Region,
    name: KeyName,
) -> Result<Option<StoredKey>, Error> {
    let at = KeyRow::new(region, name);
    let Some(row) = connection.query_opt(FIND, &[&at.region, &at.account, &at.key_id]).await? else {
        return Ok(None);
    };
    Ok(Some(StoredKey {
        key: key_from_row(&row, region, name.account, 0)?,
        materials: materials_from_row(&row)?,
    }))
}

/// One key's metadata, locked until the transaction ends.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn lock(transaction: &Transaction, region: &Region, name: KeyName) -> Result<Option<Key>, Error> {
    let at = KeyRow::new(region, name);
    let row = transaction.query_opt(LOCK, &[&at.region, &at.account, &at.key_id]).await?;
    row.map(|row| key_from_row(&row, region, name.account, 0)).transpose()
}

/// Adds a key and its first material.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    region: &Region,
    key: &Key,
    policy: &str,
    material: &StoredMaterial,
) -> Result<(), StoreError> {
    let at = KeyRow::new(region, KeyName { account: key.account, id: key.id });
    let (spec, usage, origin) = (key.spec.as_str(), key.usage.as_str(), key.origin.as_str());
    let (manager, state, description) = (key.manager.as_str(), key.state.as_str(), &*key.description);
    let (created_at, id) = (key.created_at, material.id.as_bytes().as_slice());
    transaction
        .execute(
            INSERT,
            &[
                &at.region,
                &at.account,
                &at.key_id,
                &spec,
                &usage,
                &origin,
                &manager,
                &state,
                &description,
                &policy,
                &created_at,
            ],
        )
        .await?;
    let StoredMaterial { domain_key, wrapped, .. } = material;
    transaction
        .execute(
            INSERT_MATERIAL,
            &[&at.region, &at.account, &at.key_id, &id, domain_key, wrapped, &created_at],
        )
        .await?;
    Ok(())
}

/// Changes what may be done with a key; a key that waits for its deletion has the date of it.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_state(
    transaction: &Transaction,
    at: &KeyRow,
    state: KeyState,
    deletion_date: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    let state = state.as_str();
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &state, &deletion_date];
    transaction.execute(SET_STATE, parameters).await.map(|_| ())
}

/// Changes the description.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_description(
    transaction: &Transaction,
    at: &KeyRow,
    description: &str,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &description];
    transaction.execute(SET_DESCRIPTION, parameters).await.map(|_| ())
}

/// Replaces the key policy.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_policy(transaction: &Transaction, at: &KeyRow, policy: &str) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &policy];
    transaction.execute(SET_POLICY, parameters).await.map(|_| ())
}

/// The key policy, where the key exists.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn policy(connection: &Connection, at: &KeyRow) -> Result<Option<String>, StoreError> {
    let row = connection.query_opt(POLICY, &[&at.region, &at.account, &at.key_id]).await?;
    row.map(|row| get(&row, 0)).transpose()
}

/// The ids of an account's keys behind `after`, in order.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list(
    connection: &Connection,
    of: &AccountRows,
    after: &str,
    limit: i64,
) -> Result<Vec<KeyId>, Error> {
    let rows = connection.query(LIST, &[&of.region, &of.account, &after, &limit]).await?;
    rows.iter().map(|row| key_id(row, 0)).collect()
}

/// The key which is longest due to be deleted, locked; those that other replicas have locked are left to them.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_due(
    transaction: &Transaction,
    region: &Region,
    now: OffsetDateTime,
) -> Result<Option<Key>, Error> {
    let Some(row) = transaction.query_opt(CLAIM_DUE, &[&region.as_str(), &now]).await? else {
        return Ok(None);
    };
    let account = AccountId::parse(get(&row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
    key_from_row(&row, region, account, 1).map(Some)
}

/// Destroys a key: its materials, aliases and tags go with it.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, at: &KeyRow) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&at.region, &at.account, &at.key_id]).await.map(|_| ())
}

/// Reads the metadata, whose columns begin at `first`.
fn key_from_row(row: &Row, region: &Region, account: AccountId, first: usize) -> Result<Key, Error> {
    let text = |offset: usize| get::<&str>(row, first + offset);
    let id = key_id(row, first)?;
    Ok(Key {
        id,
        account,
        arn: id.arn(region, account).into(),
        spec: text(1)?.parse().map_err(|_| Error::Corrupt("key_spec"))?,
        usage: text(2)?.parse().map_err(|_| Error::Corrupt("key_usage"))?,
        origin: text(3)?.parse().map_err(|_| Error::Corrupt("origin"))?,
        manager: text(4)?.parse().map_err(|_| Error::Corrupt("key_manager"))?,
        state: text(5)?.parse().map_err(|_| Error::Corrupt("key_state"))?,
        description: text(6)?.into(),
        created_at: get(row, first + 7)?,
        deletion_date: get(row, first + 8)?,
    })
}

fn materials_from_row(row: &Row) -> Result<Vec<StoredMaterial>, Error> {
    let ids: Option<Vec<Vec<u8>>> = get(row, 9)?;
    let domain_keys: Option<Vec<Uuid>> = get(row, 10)?;
    let wrapped: Option<Vec<Vec<u8>>> = get(row, 11)?;
    let materials =
        ids.into_iter().flatten().zip(domain_keys.into_iter().flatten()).zip(wrapped.into_iter().flatten());
    materials
        .map(|((id, domain_key), wrapped)| {
            let id = id.try_into().map_err(|_| Error::Corrupt("key_material_id"))?;
            Ok(StoredMaterial { id: KeyMaterialId::from_bytes(id), domain_key, wrapped })
        })
        .collect()
}

fn key_id(row: &Row, column: usize) -> Result<KeyId, Error> {
    KeyId::parse(get(row, column)?).ok_or(Error::Corrupt("key_id"))
}

pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}

const FIND: &str = include_str!("sql/find_key.sql");
const LOCK: &str = include_str!("sql/lock_key.sql");
const INSERT: &str = include_str!("sql/insert_key.sql");
const INSERT_MATERIAL: &str = include_str!("sql/insert_material.sql");
const SET_STATE: &str = include_str!("sql/set_state.sql");
const SET_DESCRIPTION: &str = include_str!("sql/set_description.sql");
const SET_POLICY: &str = include_str!("sql/set_policy.sql");
const POLICY: &str = include_str!("sql/policy.sql");
const LIST: &str = include_str!("sql/list_keys.sql");
const CLAIM_DUE: &str = include_str!("sql/claim_due.sql");
const DELETE: &str = include_str!("sql/delete_key.sql");

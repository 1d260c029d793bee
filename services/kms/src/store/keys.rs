//! Keys with their materials.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::key_row::{KEY_COLUMNS, get, key_from_row, key_id};
use super::rotations::rotation_columns;
use super::{AccountRows, KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::domain::key::Key;
use crate::domain::key_id::KeyId;
use crate::domain::state::KeyState;
use crate::domain::tags::Tag;
use crate::error::Error;

/// A key as it is stored, without its materials.
pub struct StoredKey {
    /// Its metadata.
    pub key: Key,
    /// Its policy.
    pub policy: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The names of its aliases.
    pub aliases: Vec<Box<str>>,
}

/// One key.
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
    let (tag_keys, tag_values): (Option<Vec<String>>, Option<Vec<String>>) =
        (get(&row, KEY_COLUMNS + 1)?, get(&row, KEY_COLUMNS + 2)?);
    let tags = tag_keys.into_iter().flatten().zip(tag_values.into_iter().flatten());
    let aliases: Option<Vec<&str>> = get(&row, KEY_COLUMNS + 3)?;
    Ok(Some(StoredKey {
        key: key_from_row(&row, region, name.account, 0)?,
        policy: get(&row, KEY_COLUMNS)?,
        tags: tags.map(|(tag_key, tag_value)| Tag { tag_key, tag_value }).collect(),
        aliases: aliases.into_iter().flatten().map(Into::into).collect(),
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

/// Adds a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    region: &Region,
    key: &Key,
    policy: &str,
) -> Result<(), StoreError> {
    let at = KeyRow::new(region, KeyName { account: key.account, id: key.id });
    let (spec, usage, origin) = (key.spec.as_str(), key.usage.as_str(), key.origin.as_str());
    let (manager, state, description) = (key.manager.as_str(), key.state.as_str(), &*key.description);
    let (period_days, next_rotation) = rotation_columns(key.rotation);
    let primary = key.multi_region.as_ref().map(|regions| regions.primary.as_str());
    let replicas = key.multi_region.iter().flat_map(|regions| &regions.replicas);
    let replicas: Vec<&str> = replicas.map(Region::as_str).collect();
    let store_id = key.custom_store.as_ref().map(|store| &*store.store_id);
    let xks_key_id = key.custom_store.as_ref().and_then(|store| store.xks_key_id.as_deref());
    let parameters: Parameters<'_> = &[
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
        &key.created_at,
        &period_days,
        &next_rotation,
        &primary,
        &replicas,
        &store_id,
        &xks_key_id,
    ];
    transaction.execute(INSERT, parameters).await.map(|_| ())
}

/// What a key waits for before its material is destroyed.
#[derive(Clone, Copy, Debug)]
pub struct Deletion {
    /// The waiting period that was asked for, in days.
    pub window_days: i32,
    /// When it is over; none while replica keys are there.
    pub due: Option<OffsetDateTime>,
}

/// Changes what may be done with a key; a key that waits for its deletion has what it waits for.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_state(
    transaction: &Transaction,
    at: &KeyRow,
    state: KeyState,
    deletion: Option<Deletion>,
) -> Result<(), StoreError> {
    let state = state.as_str();
    let (due, days) = (deletion.and_then(|d| d.due), deletion.map(|d| d.window_days));
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &state, &due, &days];
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

const FIND: &str = include_str!("sql/find_key.sql");
const LOCK: &str = include_str!("sql/lock_key.sql");
const INSERT: &str = include_str!("sql/insert_key.sql");
const SET_STATE: &str = include_str!("sql/set_state.sql");
const SET_DESCRIPTION: &str = include_str!("sql/set_description.sql");
const SET_POLICY: &str = include_str!("sql/set_policy.sql");
const POLICY: &str = include_str!("sql/policy.sql");
const LIST: &str = include_str!("sql/list_keys.sql");
const CLAIM_DUE: &str = include_str!("sql/claim_due.sql");
const DELETE: &str = include_str!("sql/delete_key.sql");

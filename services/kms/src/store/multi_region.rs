//! What belongs to multi-Region keys only: where they are, their shared properties, and who has which material.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::key_row::{get, key_id};
use super::materials::WrappedMaterial;
use super::{KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::domain::key::{AutomaticRotation, MultiRegion, OnDemandRotations};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::{KeyMaterialState, MaterialFacts};
use crate::error::Error;

/// How often a key's primary Region was changed, and to where it is being changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrimaryChange {
    /// How often. Of two Regions that both say to be the primary one, the one that knows more changes is.
    pub epoch: i64,
    /// Where the primary key is going, while it is.
    pub updating_to: Option<Region>,
}

/// Where a key is being, or was, moved to.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn primary_change(connection: &Connection, at: &KeyRow) -> Result<PrimaryChange, Error> {
    let row = connection.query_opt(FIND_CHANGE, &[&at.region, &at.account, &at.key_id]).await?;
    let Some(row) = row else { return Ok(PrimaryChange::default()) };
    let to: Option<&str> = get(&row, 1)?;
    let updating_to = to.map(Region::parse).transpose().map_err(|_| Error::Corrupt("updating_to"))?;
    Ok(PrimaryChange { epoch: get(&row, 0)?, updating_to })
}

/// Notes the same.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_primary_change(
    transaction: &Transaction,
    at: &KeyRow,
    change: &PrimaryChange,
) -> Result<(), StoreError> {
    let to = change.updating_to.as_ref().map(Region::as_str);
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &change.epoch, &to];
    transaction.execute(PUT_CHANGE, parameters).await.map(|_| ())
}

/// Notes where the keys of a multi-Region key are.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_regions(
    transaction: &Transaction,
    at: &KeyRow,
    regions: &MultiRegion,
) -> Result<(), StoreError> {
    let replicas: Vec<&str> = regions.replicas.iter().map(Region::as_str).collect();
    let parameters: Parameters<'_> =
        &[&at.region, &at.account, &at.key_id, &regions.primary.as_str(), &replicas];
    transaction.execute(SET_REGIONS, parameters).await.map(|_| ())
}

/// Takes over the rotation that the primary key has.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_rotation(
    transaction: &Transaction,
    at: &KeyRow,
    rotation: Option<AutomaticRotation>,
    on_demand: OnDemandRotations,
) -> Result<(), StoreError> {
    let (period, next) = (rotation.map(|r| r.period_days), rotation.map(|r| r.next));
    let OnDemandRotations { count, started_at } = on_demand;
    let parameters: Parameters<'_> =
        &[&at.region, &at.account, &at.key_id, &period, &next, &count, &started_at];
    transaction.execute(SET_ROTATION, parameters).await.map(|_| ())
}

/// Makes way for `next` as the current material.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn demote_others(
    transaction: &Transaction,
    at: &KeyRow,
    next: KeyMaterialId,
) -> Result<(), StoreError> {
    let next = next.as_bytes().as_slice();
    transaction.execute(DEMOTE, &[&at.region, &at.account, &at.key_id, &next]).await.map(|_| ())
}

/// Takes over a material of the primary key, or what has changed of one that is here.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put_material(
    transaction: &Transaction,
    at: &KeyRow,
    facts: &MaterialFacts,
    wrapped: Option<&WrappedMaterial>,
) -> Result<(), StoreError> {
    let (id, state) = (facts.id.as_bytes().as_slice(), facts.state.as_str());
    let is_current = facts.state == KeyMaterialState::Current;
    let (domain_key, bytes) = (wrapped.map(|w| w.domain_key), wrapped.map(|w| w.bytes.as_slice()));
    let (rotated_at, rotated_by) = (facts.rotated.map(|r| r.at), facts.rotated.map(|r| r.by.as_str()));
    let parameters: Parameters<'_> = &[
        &at.region,
        &at.account,
        &at.key_id,
        &id,
        &domain_key,
        &bytes,
        &is_current,
        &facts.created_at,
        &state,
        &facts.imported,
        &rotated_at,
        &rotated_by,
    ];
    transaction.execute(PUT_MATERIAL, parameters).await.map(|_| ())
}

/// Changes what a material is used for; the current one is never changed by this.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_material_state(
    transaction: &Transaction,
    at: &KeyRow,
    id: KeyMaterialId,
    state: KeyMaterialState,
) -> Result<(), StoreError> {
    let (id, state) = (id.as_bytes().as_slice(), state.as_str());
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &id, &state];
    transaction.execute(SET_STATE, parameters).await.map(|_| ())
}

/// Notes which materials the replica key in a Region has.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_held(
    transaction: &Transaction,
    at: &KeyRow,
    replica: &Region,
    held: &[KeyMaterialId],
) -> Result<(), StoreError> {
    let held: Vec<&[u8]> = held.iter().map(|id| id.as_bytes().as_slice()).collect();
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &replica.as_str(), &held];
    transaction.execute(SET_HELD, parameters).await.map(|_| ())
}

/// Forgets what the replica keys are known to have.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn forget_held(transaction: &Transaction, at: &KeyRow) -> Result<(), StoreError> {
    transaction.execute(FORGET_HELD, &[&at.region, &at.account, &at.key_id]).await.map(|_| ())
}

/// Whether every one of these replica keys is known to have a material.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn all_hold(
    connection: &Connection,
    at: &KeyRow,
    id: KeyMaterialId,
    replicas: &[Region],
) -> Result<bool, StoreError> {
    let names: Vec<&str> = replicas.iter().map(Region::as_str).collect();
    let id = id.as_bytes().as_slice();
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &id, &names];
    let holders: i64 = get(&connection.query_one(COUNT_HOLDERS, parameters).await?, 0)?;
    Ok(usize::try_from(holders).is_ok_and(|holders| holders == replicas.len()))
}

/// Replica keys that were announced before `before`, and aren't complete.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn creating_since(
    connection: &Connection,
    region: &Region,
    before: OffsetDateTime,
) -> Result<Vec<KeyName>, Error> {
    let rows = connection.query(FIND_ABANDONED, &[&region.as_str(), &before]).await?;
    let name = |row| {
        let account = AccountId::parse(get(row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
        Ok(KeyName { account, id: key_id(row, 1)? })
    };
    rows.iter().map(name).collect()
}

const FIND_CHANGE: &str = include_str!("sql/find_primary_change.sql");
const PUT_CHANGE: &str = include_str!("sql/put_primary_change.sql");
const SET_REGIONS: &str = include_str!("sql/set_regions.sql");
const SET_ROTATION: &str = include_str!("sql/set_shared_rotation.sql");
const DEMOTE: &str = include_str!("sql/demote_materials.sql");
const PUT_MATERIAL: &str = include_str!("sql/put_shared_material.sql");
const SET_STATE: &str = include_str!("sql/set_material_state.sql");
const FORGET_HELD: &str = include_str!("sql/forget_held.sql");
const SET_HELD: &str = include_str!("sql/replace_replica_materials.sql");
const COUNT_HOLDERS: &str = include_str!("sql/count_holders.sql");
const FIND_ABANDONED: &str = include_str!("sql/find_abandoned.sql");

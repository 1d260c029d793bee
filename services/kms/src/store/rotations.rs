//! When keys are rotated, and which of their materials is the current one.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{StoreError, Transaction};
use time::OffsetDateTime;

use super::key_row::{get, key_from_row};
use super::{KeyRow, Parameters};
use crate::domain::key::{AutomaticRotation, Key, OnDemandRotations};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::Rotated;
use crate::error::Error;

/// Changes the automatic rotation of a key; none turns it off.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set(
    transaction: &Transaction,
    at: &KeyRow,
    rotation: Option<AutomaticRotation>,
) -> Result<(), StoreError> {
    let (period_days, next) = rotation_columns(rotation);
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &period_days, &next];
    transaction.execute(SET, parameters).await.map(|_| ())
}

/// Changes what is known of a key's on-demand rotations.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_on_demand(
    transaction: &Transaction,
    at: &KeyRow,
    on_demand: OnDemandRotations,
) -> Result<(), StoreError> {
    let OnDemandRotations { count, started_at } = on_demand;
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &count, &started_at];
    transaction.execute(SET_ON_DEMAND, parameters).await.map(|_| ())
}

/// The enabled key whose automatic rotation is longest due, locked; those that other replicas have locked are left to
/// them, and the replica keys of multi-Region keys to their primary key's Region.
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

/// Takes its place from the current material; gives its id.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn demote_current(transaction: &Transaction, at: &KeyRow) -> Result<Option<KeyMaterialId>, Error> {
    let row = transaction.query_opt(DEMOTE_CURRENT, &[&at.region, &at.account, &at.key_id]).await?;
    let Some(row) = row else { return Ok(None) };
    let id: &[u8] = get(&row, 0)?;
    id.try_into().map(|id| Some(KeyMaterialId::from_bytes(id))).map_err(|_| Error::Corrupt("key_material_id"))
}

/// Makes a material that is there the current one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn make_current(
    transaction: &Transaction,
    at: &KeyRow,
    id: KeyMaterialId,
    Rotated { at: rotated_at, by }: Rotated,
) -> Result<(), StoreError> {
    let (id, by) = (id.as_bytes().as_slice(), by.as_str());
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &id, &rotated_at, &by];
    transaction.execute(MAKE_CURRENT, parameters).await.map(|_| ())
}

/// The columns of a key's automatic rotation.
pub(super) fn rotation_columns(rotation: Option<AutomaticRotation>) -> (Option<i32>, Option<OffsetDateTime>) {
    (rotation.map(|rotation| rotation.period_days), rotation.map(|rotation| rotation.next))
}

const SET: &str = include_str!("sql/set_rotation.sql");
const SET_ON_DEMAND: &str = include_str!("sql/set_on_demand_rotations.sql");
const CLAIM_DUE: &str = include_str!("sql/claim_due_rotation.sql");
const DEMOTE_CURRENT: &str = include_str!("sql/demote_current_material.sql");
const MAKE_CURRENT: &str = include_str!("sql/make_material_current.sql");

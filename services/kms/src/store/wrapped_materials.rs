//! The wrapped bytes of materials, as the rotation of domain keys sees them: by the domain key that wraps them.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::Parameters;
use super::key_row::{get, key_id};
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::error::Error;

/// A wrapped material and where it is stored.
pub struct WrappedRow {
    /// Its place.
    pub place: MaterialPlace,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// Where a material is stored; ordered as the index is.
#[derive(Clone, Debug)]
pub struct MaterialPlace {
    /// The Region.
    pub region: Region,
    /// The key's account.
    pub account: AccountId,
    /// The key.
    pub key_id: KeyId,
    /// The material.
    pub material: KeyMaterialId,
}

/// How many materials a domain key wraps.
///
/// # Errors
/// Any [`StoreError`] of the statement.
pub async fn count(connection: &Connection, domain_key: Uuid) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT, &[&domain_key]).await?, 0)
}

/// The next materials that a domain key wraps, behind `after`, locked; those that others have locked are left out.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim(
    transaction: &Transaction,
    domain_key: Uuid,
    after: Option<&MaterialPlace>,
    limit: i64,
) -> Result<Vec<WrappedRow>, Error> {
    let key_id = after.map(|after| after.key_id.to_string()).unwrap_or_default();
    let (region, account) = after.map_or(("", ""), |after| (after.region.as_str(), after.account.as_str()));
    let material = after.map_or([].as_slice(), |after| after.material.as_bytes());
    let parameters: Parameters<'_> = &[&domain_key, &region, &account, &key_id, &material, &limit];
    transaction.query(CLAIM, parameters).await?.iter().map(from_row).collect()
}

/// Replaces the wrapped bytes of claimed materials by what another domain key wraps; says of how many.
///
/// # Errors
/// Any [`StoreError`] of the statement.
pub async fn replace(
    transaction: &Transaction,
    from: Uuid,
    to: Uuid,
    rows: &[WrappedRow],
) -> Result<u64, StoreError> {
    let regions: Vec<&str> = rows.iter().map(|row| row.place.region.as_str()).collect();
    let accounts: Vec<&str> = rows.iter().map(|row| row.place.account.as_str()).collect();
    let keys: Vec<String> = rows.iter().map(|row| row.place.key_id.to_string()).collect();
    let materials: Vec<&[u8]> = rows.iter().map(|row| row.place.material.as_bytes().as_slice()).collect();
    let wrapped: Vec<&[u8]> = rows.iter().map(|row| row.wrapped.as_slice()).collect();
    let parameters: Parameters<'_> = &[&from, &to, &regions, &accounts, &keys, &materials, &wrapped];
    transaction.execute(REPLACE, parameters).await
}

fn from_row(row: &Row) -> Result<WrappedRow, Error> {
    let material: &[u8] = get(row, 3)?;
    let material = material.try_into().map_err(|_| Error::Corrupt("key_material_id"))?;
    let place = MaterialPlace {
        region: Region::parse(get(row, 0)?).map_err(|_| Error::Corrupt("region"))?,
        account: AccountId::parse(get(row, 1)?).map_err(|_| Error::Corrupt("account_id"))?,
        key_id: key_id(row, 2)?,
        material: KeyMaterialId::from_bytes(material),
    };
    Ok(WrappedRow { place, wrapped: get(row, 4)? })
}

const COUNT: &str = "SELECT count(*) FROM key_materials WHERE domain_key_id = $1";
const CLAIM: &str = include_str!("sql/claim_wrapped_materials.sql");
const REPLACE: &str = include_str!("sql/replace_wrapped_materials.sql");

//! The Region's own key pair, by which other Regions know it.

use keywright_aws_api::Region;
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Parameters;
use super::key_row::get;
use crate::error::Error;

/// The key pair as it is stored.
pub struct StoredRegionKey {
    /// The public half.
    pub public_key: Vec<u8>,
    /// The domain key which wraps the private half.
    pub domain_key: Uuid,
    /// The wrapped private half.
    pub wrapped: Vec<u8>,
}

/// The key pair, once there is one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(connection: &Connection, region: &Region) -> Result<Option<StoredRegionKey>, StoreError> {
    let row = connection.query_opt(FIND, &[&region.as_str()]).await?;
    row.map(|row| {
        Ok(StoredRegionKey { public_key: get(&row, 0)?, domain_key: get(&row, 1)?, wrapped: get(&row, 2)? })
    })
    .transpose()
}

/// Adds the key pair; says whether there was none.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    region: &Region,
    key: &StoredRegionKey,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let parameters: Parameters<'_> =
        &[&region.as_str(), &key.public_key, &key.domain_key, &key.wrapped, &now];
    Ok(transaction.execute(INSERT, parameters).await? == 1)
}

/// How many key pairs a domain key wraps.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count(connection: &Connection, domain_key: Uuid) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT, &[&domain_key]).await?, 0)
}

/// The key pairs that a domain key wraps, locked; those that others have locked are left to them.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim(
    transaction: &Transaction,
    domain_key: Uuid,
) -> Result<Vec<(Region, StoredRegionKey)>, Error> {
    let rows = transaction.query(CLAIM, &[&domain_key]).await?;
    let claimed = rows.iter().map(|row| {
        let region = Region::parse(get(row, 3)?).map_err(|_| Error::Corrupt("region"))?;
        let (public_key, domain_key, wrapped) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        Ok((region, StoredRegionKey { public_key, domain_key, wrapped }))
    });
    claimed.collect()
}

/// Puts a key pair's other wrapping in the place of the former one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn replace(
    transaction: &Transaction,
    region: &Region,
    domain_key: Uuid,
    wrapped: &[u8],
) -> Result<(), StoreError> {
    transaction.execute(REPLACE, &[&region.as_str(), &domain_key, &wrapped]).await.map(|_| ())
}

const COUNT: &str = "SELECT count(*) FROM region_keys WHERE domain_key_id = $1";
const CLAIM: &str = include_str!("sql/claim_region_keys.sql");
const REPLACE: &str = "UPDATE region_keys SET domain_key_id = $2, wrapped = $3 WHERE region = $1";
const FIND: &str = "SELECT public_key, domain_key_id, wrapped FROM region_keys WHERE region = $1";
const INSERT: &str = include_str!("sql/insert_region_key.sql");

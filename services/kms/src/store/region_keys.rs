//! The Region's own key pair, by which other Regions know it.

use keywright_aws_api::Region;
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Parameters;
use super::key_row::get;

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

const FIND: &str = "SELECT public_key, domain_key_id, wrapped FROM region_keys WHERE region = $1";
const INSERT: &str = include_str!("sql/insert_region_key.sql");

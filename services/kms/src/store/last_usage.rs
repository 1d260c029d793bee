//! The last uses of keys.

use keywright_aws_api::Region;
use keywright_store::{Connection, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_row::get;
use super::{KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::domain::usage::KeyUsage;
use crate::error::Error;

/// A key's last use, as far as it was written.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(connection: &Connection, at: &KeyRow) -> Result<Option<KeyUsage>, Error> {
    let Some(row) = connection.query_opt(FIND, &[&at.region, &at.account, &at.key_id]).await? else {
        return Ok(None);
    };
    let operation: &str = get(&row, 0)?;
    Ok(Some(KeyUsage {
        operation: operation.parse().map_err(|_| Error::Corrupt("operation"))?,
        at: get(&row, 1)?,
        event_id: get(&row, 2)?,
        request_id: get(&row, 3)?,
    }))
}

/// Writes the last uses of several keys, where they are later than what is there. Keys that are gone are left out.
///
/// # Errors
/// Any [`StoreError`] of the statement.
pub async fn put(
    connection: &Connection,
    region: &Region,
    usages: &[(KeyName, KeyUsage)],
) -> Result<(), StoreError> {
    let accounts: Vec<&str> = usages.iter().map(|(name, _)| name.account.as_str()).collect();
    let keys: Vec<String> = usages.iter().map(|(name, _)| name.id.to_string()).collect();
    let operations: Vec<&str> = usages.iter().map(|(_, usage)| usage.operation.as_str()).collect();
    let times: Vec<OffsetDateTime> = usages.iter().map(|(_, usage)| usage.at).collect();
    let events: Vec<Uuid> = usages.iter().map(|(_, usage)| usage.event_id).collect();
    let requests: Vec<Uuid> = usages.iter().map(|(_, usage)| usage.request_id).collect();
    let region = region.as_str();
    let parameters: Parameters<'_> = &[&region, &accounts, &keys, &operations, &times, &events, &requests];
    connection.execute(PUT, parameters).await.map(|_| ())
}

/// Since when uses are noted.
///
/// # Errors
/// Any [`StoreError`] of the statement.
pub async fn tracked_since(connection: &Connection) -> Result<OffsetDateTime, StoreError> {
    get(&connection.query_one("SELECT started_at FROM usage_tracking", &[]).await?, 0)
}

const FIND: &str = include_str!("sql/find_last_usage.sql");
const PUT: &str = include_str!("sql/put_last_usages.sql");

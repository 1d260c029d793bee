//! When access keys and roles were last used. A use that is older than the stored one changes nothing.

use keywright_store::{Connection, StoreError};
use time::OffsetDateTime;

use crate::domain::access_key::AccessKeyId;
use crate::last_use::Use;

/// Writes uses of access keys.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put_of_access_keys(
    connection: &Connection,
    uses: &[(AccessKeyId, Use)],
) -> Result<(), StoreError> {
    let ids: Vec<&str> = uses.iter().map(|(id, _)| id.as_str()).collect();
    let times: Vec<OffsetDateTime> = uses.iter().map(|(_, used)| used.at).collect();
    let regions: Vec<&str> = uses.iter().map(|(_, used)| &*used.region).collect();
    let services: Vec<&str> = uses.iter().map(|(_, used)| &*used.service).collect();
    let sql = include_str!("sql/put_uses_of_access_keys.sql");
    connection.execute(sql, &[&ids, &times, &regions, &services]).await.map(|_| ())
}

/// Writes uses of roles, by their unique ids.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put_of_roles(connection: &Connection, uses: &[(String, Use)]) -> Result<(), StoreError> {
    let ids: Vec<&str> = uses.iter().map(|(id, _)| id.as_str()).collect();
    let times: Vec<OffsetDateTime> = uses.iter().map(|(_, used)| used.at).collect();
    let regions: Vec<&str> = uses.iter().map(|(_, used)| &*used.region).collect();
    let sql = include_str!("sql/put_uses_of_roles.sql");
    connection.execute(sql, &[&ids, &times, &regions]).await.map(|_| ())
}

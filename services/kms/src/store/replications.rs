//! What other Regions are still to be told of keys, and what they have told.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_row::{get, key_id};
use super::{KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::error::Error;

/// A key that another Region is to be told of.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    /// The key.
    pub name: KeyName,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// What is asked for now of one key and Region.
pub struct Wanted {
    /// Changes with each new reason to tell.
    pub generation: i64,
    /// The replica key that is to be made there, as JSON.
    pub new_replica: Option<String>,
}

/// What another Region told last of a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received {
    /// The version of the newest message that was heeded.
    pub version: i64,
    /// The replica key that was made last.
    pub made: Option<Uuid>,
}

/// Sees to it that `peer` will be told how a key is; `new_replica` is what it is to make.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn request(
    transaction: &Transaction,
    at: &KeyRow,
    peer: &Region,
    now: OffsetDateTime,
    new_replica: Option<&str>,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> =
        &[&at.region, &at.account, &at.key_id, &peer.as_str(), &now, &new_replica];
    transaction.execute(REQUEST, parameters).await.map(|_| ())
}

/// The key that is longest due to be told to `peer`; it is nobody else's until `until`.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim(
    connection: &Connection,
    region: &Region,
    peer: &Region,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Option<Claimed>, Error> {
    let parameters: Parameters<'_> = &[&region.as_str(), &peer.as_str(), &now, &until];
    let Some(row) = connection.query_opt(CLAIM, parameters).await? else { return Ok(None) };
    let account = AccountId::parse(get(&row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
    Ok(Some(Claimed { name: KeyName { account, id: key_id(&row, 1)? }, attempts: get(&row, 2)? }))
}

/// What is to be told, unless it was told by somebody else meanwhile.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn wanted(
    connection: &Connection,
    at: &KeyRow,
    peer: &Region,
) -> Result<Option<Wanted>, StoreError> {
    let row = connection.query_opt(FIND, &[&at.region, &at.account, &at.key_id, &peer.as_str()]).await?;
    row.map(|row| Ok(Wanted { generation: get(&row, 0)?, new_replica: get(&row, 1)? })).transpose()
}

/// `peer` was told what was wanted by `generation`; what was wanted since is due at once.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn settle(
    transaction: &Transaction,
    at: &KeyRow,
    peer: &Region,
    generation: i64,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let peer = peer.as_str();
    let settled: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer, &generation];
    if transaction.execute(SETTLE, settled).await? == 0 {
        let again: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer, &now];
        transaction.execute(HASTEN, again).await?;
    }
    Ok(())
}

/// Tries again at `due`.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn postpone(
    connection: &Connection,
    at: &KeyRow,
    peer: &Region,
    due: OffsetDateTime,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer.as_str(), &due];
    connection.execute(POSTPONE, parameters).await.map(|_| ())
}

/// There is nothing to tell `peer` of the key any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn drop(transaction: &Transaction, at: &KeyRow, peer: &Region) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer.as_str()];
    transaction.execute(DROP, parameters).await.map(|_| ())
}

/// The version of the next message.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn next_version(connection: &Connection) -> Result<i64, StoreError> {
    get(&connection.query_one(NEXT_VERSION, &[]).await?, 0)
}

/// Sees to it that the next message has a version above `heard`, where this database is older than what it once told:
/// after it was brought back from a copy.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn catch_up(connection: &Connection, heard: i64) -> Result<(), StoreError> {
    connection.query_opt(CATCH_UP, &[&heard]).await.map(|_| ())
}

/// What `peer` told last of a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn received(transaction: &Transaction, at: &KeyRow, peer: &Region) -> Result<Received, StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer.as_str()];
    match transaction.query_opt(FIND_RECEIVED, parameters).await? {
        Some(row) => Ok(Received { version: get(&row, 0)?, made: get(&row, 1)? }),
        None => Ok(Received::default()),
    }
}

/// Notes what `peer` told of a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn note_received(
    transaction: &Transaction,
    at: &KeyRow,
    peer: &Region,
    received: Received,
) -> Result<(), StoreError> {
    let Received { version, made } = received;
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &peer.as_str(), &version, &made];
    transaction.execute(PUT_RECEIVED, parameters).await.map(|_| ())
}

const REQUEST: &str = include_str!("sql/request_replication.sql");
const CLAIM: &str = include_str!("sql/claim_replication.sql");
const FIND: &str = include_str!("sql/find_replication.sql");
const SETTLE: &str = include_str!("sql/settle_replication.sql");
const HASTEN: &str = include_str!("sql/hasten_replication.sql");
const POSTPONE: &str = include_str!("sql/postpone_replication.sql");
const DROP: &str = include_str!("sql/drop_replication.sql");
const NEXT_VERSION: &str = "SELECT nextval('replication_versions')";
const CATCH_UP: &str =
    "SELECT setval('replication_versions', $1) FROM replication_versions WHERE last_value < $1";
const FIND_RECEIVED: &str = include_str!("sql/find_received.sql");
const PUT_RECEIVED: &str = include_str!("sql/put_received.sql");

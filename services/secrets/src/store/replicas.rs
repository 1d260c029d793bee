//! The Regions that secrets are replicated to.

use keywright_aws_api::Region;
use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::get;
use crate::domain::replica::{Replica, ReplicaStatus};
use crate::error::Error;

/// The replicas of a secret, by Region.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn of_secret(connection: &Connection, secret_id: Uuid) -> Result<Vec<Replica>, Error> {
    connection.query(FIND, &[&secret_id]).await?.iter().map(from_row).collect()
}

/// Stores how a replica of a locked secret is.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(transaction: &Transaction, secret_id: Uuid, replica: &Replica) -> Result<(), StoreError> {
    transaction
        .execute(
            PUT,
            &[
                &secret_id,
                &replica.region.as_str(),
                &replica.replication,
                &replica.kms_key_id,
                &replica.overwrites,
                &replica.is_made,
                &replica.status.as_str(),
                &replica.message,
                &replica.last_accessed_on,
            ],
        )
        .await
        .map(|_| ())
}

/// A Region isn't replicated to any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, secret_id: Uuid, region: &Region) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&secret_id, &region.as_str()]).await.map(|_| ())
}

/// The secret has replicas from now on.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_replicated(transaction: &Transaction, secret_id: Uuid) -> Result<(), StoreError> {
    transaction.execute(SET_REPLICATED, &[&secret_id]).await.map(|_| ())
}

/// What was in sync is behind.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_in_progress(transaction: &Transaction, secret_id: Uuid) -> Result<(), StoreError> {
    transaction.execute(SET_IN_PROGRESS, &[&secret_id]).await.map(|_| ())
}

fn from_row(row: &Row) -> Result<Replica, Error> {
    let region = Region::parse(get(row, "replica_region")?).map_err(|_| Error::Corrupt("replica_region"))?;
    let status = ReplicaStatus::parse(get(row, "replica_status")?).ok_or(Error::Corrupt("replica_status"))?;
    Ok(Replica {
        region,
        replication: get(row, "replica_id")?,
        kms_key_id: get(row, "replica_key_id")?,
        overwrites: get(row, "replica_overwrites")?,
        is_made: get(row, "replica_made")?,
        status,
        message: get(row, "replica_message")?,
        last_accessed_on: get(row, "replica_accessed_on")?,
    })
}

const FIND: &str = include_str!("sql/find_replicas.sql");
const PUT: &str = include_str!("sql/put_replica.sql");
const DELETE: &str = include_str!("sql/delete_replica.sql");
const SET_REPLICATED: &str = include_str!("sql/set_replicated.sql");
const SET_IN_PROGRESS: &str = include_str!("sql/replicas_in_progress.sql");

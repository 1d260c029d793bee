//! What is to be told to Kafka and webhooks.

use std::time::Duration;

use keywright_store::{Row, Store, StoreError, Transaction};
use uuid::Uuid;

/// A notification for one target, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotification {
    /// The target.
    pub target: String,
    /// The id of the envelope.
    pub id: Uuid,
    /// What it is about: those of one resource are told in order.
    pub resource: String,
    /// The envelope, as it is sent.
    pub body: Vec<u8>,
}

/// A notification that is claimed, to be sent.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its place in the order of its target.
    pub sequence: i64,
    /// The id of the envelope.
    pub id: Uuid,
    /// What it is about.
    pub resource: String,
    /// The envelope.
    pub body: Vec<u8>,
    /// The number of this attempt, from 1.
    pub attempt: u32,
}

/// A notification that won't be sent any more.
#[derive(Debug)]
pub struct GivenUp {
    /// The target.
    pub target: String,
    /// The id of the envelope.
    pub id: Uuid,
    /// How often it was tried.
    pub attempts: i32,
    /// What came of the last attempt.
    pub last_error: Option<String>,
}

/// Stores notifications, in this order.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, new: &[NewNotification]) -> Result<(), StoreError> {
    let targets: Vec<&str> = new.iter().map(|each| each.target.as_str()).collect();
    let ids: Vec<Uuid> = new.iter().map(|each| each.id).collect();
    let resources: Vec<&str> = new.iter().map(|each| each.resource.as_str()).collect();
    let bodies: Vec<&[u8]> = new.iter().map(|each| each.body.as_slice()).collect();
    let sql = include_str!("sql/insert_notifications.sql");
    transaction.execute(sql, &[&targets, &ids, &resources, &bodies]).await.map(|_| ())
}

/// Claims the next notifications of a target, one for each resource. Until `lease` is over nobody else does.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn claim(
    store: &Store,
    target: &str,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Claimed>, StoreError> {
    let connection = store.connection().await?;
    let sql = include_str!("sql/claim_notifications.sql");
    let rows = connection.query(sql, &[&target, &limit, &lease.as_secs_f64()]).await?;
    rows.iter().map(claimed).collect()
}

/// Forgets what the target has taken.
///
/// # Errors
/// Any [`StoreError`] of a statement. It will be sent once more then.
pub async fn forget(store: &Store, target: &str, sequences: &[i64]) -> Result<(), StoreError> {
    let connection = store.connection().await?;
    connection.execute(include_str!("sql/forget_notifications.sql"), &[&target, &sequences]).await.map(|_| ())
}

/// Has a notification tried again after `pause`.
///
/// # Errors
/// Any [`StoreError`] of a statement. It is tried again when the lease is over then.
pub async fn postpone(
    store: &Store,
    target: &str,
    sequence: i64,
    pause: Duration,
    error: &str,
) -> Result<(), StoreError> {
    let connection = store.connection().await?;
    let sql = include_str!("sql/postpone_notification.sql");
    connection.execute(sql, &[&target, &sequence, &pause.as_secs_f64(), &error]).await.map(|_| ())
}

/// Gives up what webhooks haven't taken for so long.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn give_up(store: &Store, after: Duration) -> Result<Vec<GivenUp>, StoreError> {
    let connection = store.connection().await?;
    let sql = include_str!("sql/give_up_notifications.sql");
    let rows = connection.query(sql, &[&after.as_secs_f64()]).await?;
    let given_up = |row: &Row| {
        Ok(GivenUp {
            target: row.try_get("target")?,
            id: row.try_get("id")?,
            attempts: row.try_get("attempts")?,
            last_error: row.try_get("last_error")?,
        })
    };
    rows.iter().map(given_up).collect()
}

/// Deletes what was given up so long ago.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn purge(store: &Store, after: Duration) -> Result<(), StoreError> {
    let connection = store.connection().await?;
    let sql = include_str!("sql/purge_notifications.sql");
    connection.execute(sql, &[&after.as_secs_f64()]).await.map(|_| ())
}

/// How many each target is still to be told.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn pending(store: &Store) -> Result<Vec<(String, i64)>, StoreError> {
    let connection = store.connection().await?;
    let rows = connection.query(include_str!("sql/pending_notifications.sql"), &[]).await?;
    rows.iter().map(|row| Ok((row.try_get("target")?, row.try_get("pending")?))).collect()
}

fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Claimed {
        sequence: row.try_get("sequence")?,
        id: row.try_get("id")?,
        resource: row.try_get("resource")?,
        body: row.try_get("body")?,
        attempt: u32::try_from(attempts).unwrap_or(1),
    })
}

//! Versions of secrets, and their labels.

use keywright_store::{Connection, Row, StoreError, Transaction};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use super::get;
use crate::domain::stage::Stage;
use crate::domain::stages::StageChanges;
use crate::domain::version::{ListedVersion, Version, WrappedDataKey};
use crate::domain::version_id::VersionId;
use crate::error::Error;

/// One version, if it has a value.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(
    connection: &Connection,
    secret_id: Uuid,
    version: &VersionId,
) -> Result<Option<Version>, StoreError> {
    let row = connection.query_opt(FIND, &[&secret_id, &version.as_str()]).await?;
    row.map(|row| version_from_row(&row)).transpose()
}

/// The versions that have a label and a value, with the times at which they were made.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn labelled(
    connection: &Connection,
    secret_id: Uuid,
) -> Result<Vec<(VersionId, OffsetDateTime)>, StoreError> {
    let rows = connection.query(LABELLED, &[&secret_id]).await?;
    let version = |row: &Row| Ok((VersionId::new(get(row, "version_id")?), get(row, "created_at")?));
    rows.iter().map(version).collect()
}

/// Whether there is a version, with or without a value.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn exists(
    connection: &Connection,
    secret_id: Uuid,
    version: &VersionId,
) -> Result<bool, StoreError> {
    Ok(connection.query_opt(EXISTS, &[&secret_id, &version.as_str()]).await?.is_some())
}

/// Those of the versions that have a value.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find_all(
    connection: &Connection,
    secret_id: Uuid,
    versions: impl IntoIterator<Item = &VersionId>,
) -> Result<Vec<Version>, StoreError> {
    let ids: Vec<&str> = versions.into_iter().map(VersionId::as_str).collect();
    let rows = connection.query(FIND_ALL, &[&secret_id, &ids]).await?;
    rows.iter().map(version_from_row).collect()
}

/// A secret's versions behind `(created_at, id)`, the newest first; those without labels only if asked for.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn list(
    connection: &Connection,
    secret_id: Uuid,
    behind: (OffsetDateTime, &str),
    with_deprecated: bool,
    limit: i64,
) -> Result<Vec<ListedVersion>, StoreError> {
    let parameters = &[&secret_id as _, &behind.0 as _, &behind.1 as _, &with_deprecated as _, &limit as _];
    let rows = connection.query(LIST, parameters).await?;
    rows.iter()
        .map(|row| {
            let stages: Option<Vec<&str>> = get(row, "stages")?;
            Ok(ListedVersion {
                id: VersionId::new(get(row, "version_id")?),
                stages: stages.unwrap_or_default().into_iter().map(Stage::new).collect(),
                kms_key_arn: get(row, "kms_key_arn")?,
                is_managed: get::<Option<bool>>(row, "managed_key")?.unwrap_or_default(),
                created_at: get(row, "created_at")?,
                last_accessed_on: get(row, "last_accessed_on")?,
            })
        })
        .collect()
}

/// Stores a version; its labels are stored behind it.
///
/// # Errors
/// [`Error::Conflict`] when another request has just made a version of this id; [`Error::Store`].
pub async fn insert(transaction: &Transaction, secret_id: Uuid, version: &Version) -> Result<(), Error> {
    let inserted = transaction
        .execute(
            INSERT,
            &[
                &secret_id,
                &version.id.as_str(),
                &version.sealed_value,
                &version.data_key.encrypted,
                &version.data_key.kms_key_arn,
                &version.data_key.is_managed,
                &version.created_at,
            ],
        )
        .await?;
    if inserted == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Stores a version that is to get its value later.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert_empty(
    transaction: &Transaction,
    secret_id: Uuid,
    version: &VersionId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(INSERT_EMPTY, &[&secret_id, &version.as_str(), &now]).await.map(|_| ())
}

/// Deletes a version without labels.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(
    transaction: &Transaction,
    secret_id: Uuid,
    version: &VersionId,
) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&secret_id, &version.as_str()]).await.map(|_| ())
}

/// Stores where labels have come to be.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn change_stages(
    transaction: &Transaction,
    secret_id: Uuid,
    changes: &StageChanges,
) -> Result<(), StoreError> {
    for stage in &changes.removed {
        transaction.execute(REMOVE_STAGE, &[&secret_id, &stage.as_str()]).await?;
    }
    for (stage, version) in &changes.put {
        transaction.execute(PUT_STAGE, &[&secret_id, &stage.as_str(), &version.as_str()]).await?;
    }
    Ok(())
}

/// Stores the data key of a version, encrypted anew.
///
/// # Errors
/// [`Error::Conflict`] when the version has another data key than `version` says; [`Error::Store`].
pub async fn rewrap(
    transaction: &Transaction,
    secret_id: Uuid,
    version: &Version,
    data_key: &WrappedDataKey,
) -> Result<(), Error> {
    let before = &version.data_key.encrypted;
    let parameters = &[
        &secret_id as _,
        &version.id.as_str() as _,
        before as _,
        &data_key.encrypted as _,
        &data_key.kms_key_arn as _,
        &data_key.is_managed as _,
    ];
    if transaction.execute(REWRAP, parameters).await? == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Notes the day of an access.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_accessed(
    transaction: &Transaction,
    secret_id: Uuid,
    version: &VersionId,
    day: Date,
) -> Result<(), StoreError> {
    transaction.execute(SET_ACCESSED, &[&secret_id, &version.as_str(), &day]).await.map(|_| ())
}

/// Deletes versions without labels, but the hundred newest of all versions and what is younger than a day.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn prune(
    transaction: &Transaction,
    secret_id: Uuid,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    transaction.execute(PRUNE, &[&secret_id, &(now - KEPT_FOR), &KEPT_VERSIONS]).await
}

fn version_from_row(row: &Row) -> Result<Version, StoreError> {
    Ok(Version {
        id: VersionId::new(get(row, "version_id")?),
        sealed_value: get(row, "sealed_value")?,
        data_key: WrappedDataKey {
            encrypted: get(row, "encrypted_data_key")?,
            kms_key_arn: get(row, "kms_key_arn")?,
            is_managed: get(row, "managed_key")?,
        },
        created_at: get(row, "created_at")?,
        last_accessed_on: get(row, "last_accessed_on")?,
    })
}

const KEPT_VERSIONS: i64 = 100;
const KEPT_FOR: Duration = Duration::DAY;

const EXISTS: &str = include_str!("sql/version_exists.sql");
const LABELLED: &str = include_str!("sql/labelled_versions.sql");
const FIND: &str = include_str!("sql/find_version.sql");
const FIND_ALL: &str = include_str!("sql/find_versions.sql");
const LIST: &str = include_str!("sql/list_versions.sql");
const INSERT: &str = include_str!("sql/insert_version.sql");
const INSERT_EMPTY: &str = include_str!("sql/insert_empty_version.sql");
const DELETE: &str = include_str!("sql/delete_version.sql");
const PUT_STAGE: &str = include_str!("sql/put_stage.sql");
const REMOVE_STAGE: &str = include_str!("sql/remove_stage.sql");
const REWRAP: &str = include_str!("sql/rewrap_version.sql");
const SET_ACCESSED: &str = include_str!("sql/set_version_accessed.sql");
const PRUNE: &str = include_str!("sql/prune_versions.sql");

//! What other Regions have of the versions of secrets, and what is on its way to them.

use std::collections::BTreeMap;

use keywright_aws_api::Region;
use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::get;
use crate::domain::version::WrappedDataKey;
use crate::domain::version_id::VersionId;

/// A version's value, sealed for a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCopy {
    /// The value, sealed for the replica.
    pub sealed_value: Vec<u8>,
    /// The key to it, encrypted by the KMS of the Region.
    pub data_key: WrappedDataKey,
}

/// How far the copy of a version has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copy {
    /// It is to be delivered.
    Sealed(SealedCopy),
    /// The Region has it.
    Delivered,
    /// It can't be sealed, for this reason.
    Refused(String),
}

/// The copies of a secret's versions for a Region.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn of_region(
    connection: &Connection,
    secret_id: Uuid,
    region: &Region,
) -> Result<BTreeMap<VersionId, Copy>, StoreError> {
    let rows = connection.query(FIND, &[&secret_id, &region.as_str()]).await?;
    rows.iter().map(|row| Ok((VersionId::new(get(row, "version_id")?), from_row(row)?))).collect()
}

/// Stores a copy, or why there is none; unless there is a copy, or nothing to copy or nobody to get it.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    secret_id: Uuid,
    region: &Region,
    version: &VersionId,
    copy: Result<&SealedCopy, &str>,
) -> Result<(), StoreError> {
    let (sealed, refusal) = (copy.ok(), copy.err());
    let parameters = &[
        &secret_id as _,
        &region.as_str() as _,
        &version.as_str() as _,
        &sealed.map(|copy| &copy.sealed_value) as _,
        &sealed.map(|copy| &copy.data_key.encrypted) as _,
        &sealed.map(|copy| &copy.data_key.kms_key_arn) as _,
        &sealed.map(|copy| copy.data_key.is_managed) as _,
        &refusal as _,
    ];
    transaction.execute(PUT, parameters).await.map(|_| ())
}

/// A Region has a copy: what is kept of it goes, unless it is another one by now.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delivered(
    transaction: &Transaction,
    secret_id: Uuid,
    region: &Region,
    version: &VersionId,
    copy: &SealedCopy,
) -> Result<(), StoreError> {
    let encrypted = &copy.data_key.encrypted;
    let parameters = &[&secret_id as _, &region.as_str() as _, &version.as_str() as _, encrypted as _];
    transaction.execute(DELIVERED, parameters).await.map(|_| ())
}

/// Copies are to be made anew.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn forget(
    transaction: &Transaction,
    secret_id: Uuid,
    region: &Region,
    versions: &[VersionId],
) -> Result<(), StoreError> {
    let versions: Vec<&str> = versions.iter().map(VersionId::as_str).collect();
    transaction.execute(FORGET, &[&secret_id, &region.as_str(), &versions]).await.map(|_| ())
}

/// All copies that the Region doesn't have are to be made anew.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn forget_undelivered(
    transaction: &Transaction,
    secret_id: Uuid,
    region: &Region,
) -> Result<(), StoreError> {
    transaction.execute(FORGET_UNDELIVERED, &[&secret_id, &region.as_str()]).await.map(|_| ())
}

fn from_row(row: &Row) -> Result<Copy, StoreError> {
    if let Some(refusal) = get(row, "refusal")? {
        return Ok(Copy::Refused(refusal));
    }
    let Some(sealed_value) = get::<Option<Vec<u8>>>(row, "sealed_value")? else {
        return Ok(Copy::Delivered);
    };
    let data_key = WrappedDataKey {
        encrypted: get(row, "encrypted_data_key")?,
        kms_key_arn: get(row, "kms_key_arn")?,
        is_managed: get(row, "managed_key")?,
    };
    Ok(Copy::Sealed(SealedCopy { sealed_value, data_key }))
}

const FIND: &str = include_str!("sql/find_copies.sql");
const PUT: &str = include_str!("sql/put_copy.sql");
const DELIVERED: &str = include_str!("sql/deliver_copy.sql");
const FORGET: &str = include_str!("sql/forget_copies.sql");
const FORGET_UNDELIVERED: &str = include_str!("sql/forget_undelivered_copies.sql");

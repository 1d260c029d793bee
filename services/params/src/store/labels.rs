//! Labels of versions. Whoever changes them has the parameter locked.

use keywright_store::{StoreError, Transaction};

use super::parameters::get;
use crate::domain::parameter::ParameterId;

/// Whether a locked parameter has this version.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn has_version(
    transaction: &Transaction,
    id: ParameterId,
    version: i64,
) -> Result<bool, StoreError> {
    get(&transaction.query_one(HAS_VERSION, &[&id.0, &version]).await?, "found")
}

/// Gives a version labels, which another version may have had; says how many the version has then.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    id: ParameterId,
    version: i64,
    labels: &[&str],
) -> Result<i64, StoreError> {
    transaction.execute(PUT, &[&id.0, &version, &labels]).await?;
    get(&transaction.query_one(COUNT, &[&id.0, &version]).await?, "count")
}

/// Takes labels from a version; says which ones it had.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(
    transaction: &Transaction,
    id: ParameterId,
    version: i64,
    labels: &[String],
) -> Result<Vec<String>, StoreError> {
    let rows = transaction.query(DELETE, &[&id.0, &version, &labels]).await?;
    rows.iter().map(|row| get(row, "label")).collect()
}

/// The oldest version that has a label, up to and including `version`.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn oldest(
    transaction: &Transaction,
    id: ParameterId,
    version: i64,
) -> Result<Option<i64>, StoreError> {
    get(&transaction.query_one(OLDEST, &[&id.0, &version]).await?, "version")
}

const HAS_VERSION: &str = include_str!("sql/has_version.sql");
const PUT: &str = include_str!("sql/put_labels.sql");
const COUNT: &str = include_str!("sql/count_labels.sql");
const DELETE: &str = include_str!("sql/delete_labels.sql");
const OLDEST: &str = include_str!("sql/oldest_labelled.sql");

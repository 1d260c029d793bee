//! Service settings.

use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::Scope;
use super::parameters::get;
use crate::domain::service_setting::ServiceSetting;

/// A setting that isn't as by default.
#[derive(Clone, Debug)]
pub struct StoredSetting {
    /// What it is set to.
    pub value: String,
    /// When.
    pub modified_at: OffsetDateTime,
    /// The ARN of who did it.
    pub modified_by: String,
}

/// What an account has set.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(
    connection: &Connection,
    scope: &Scope,
    setting: ServiceSetting,
) -> Result<Option<StoredSetting>, StoreError> {
    let row = connection.query_opt(GET, &[&scope.region, &scope.account, &setting.id()]).await?;
    let setting = row.map(|row| {
        Ok::<_, StoreError>(StoredSetting {
            value: get(&row, "value")?,
            modified_at: get(&row, "modified_at")?,
            modified_by: get(&row, "modified_by")?,
        })
    });
    setting.transpose()
}

/// Sets it.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    scope: &Scope,
    setting: ServiceSetting,
    new: &StoredSetting,
) -> Result<(), StoreError> {
    let StoredSetting { value, modified_at, modified_by } = new;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&scope.region, &scope.account, &setting.id(), value, modified_at, modified_by];
    transaction.execute(PUT, parameters).await.map(|_| ())
}

/// Makes it as by default.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn reset(
    transaction: &Transaction,
    scope: &Scope,
    setting: ServiceSetting,
) -> Result<(), StoreError> {
    transaction.execute(RESET, &[&scope.region, &scope.account, &setting.id()]).await.map(|_| ())
}

const GET: &str = include_str!("sql/get_setting.sql");
const PUT: &str = include_str!("sql/put_setting.sql");
const RESET: &str = include_str!("sql/reset_setting.sql");

//! Event data stores.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction, types::Json};
use time::{Duration, OffsetDateTime};

use crate::lake::event_data_store::EventDataStore;

/// All stores of an account in a Region but the one that it always has, in the order of their ids; those that were
/// deleted, as long as they can be restored.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    region: &Region,
    now: OffsetDateTime,
) -> Result<Vec<EventDataStore>, StoreError> {
    let since = now - Duration::days(7);
    let rows = connection
        .query(include_str!("sql/find_stores.sql"), &[&account.as_str(), &region.as_str(), &since])
        .await?;
    rows.iter().map(|row| from_row(row, account, region)).collect()
}

/// Keeps a new store.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, store: &EventDataStore) -> Result<(), StoreError> {
    transaction
        .execute(
            include_str!("sql/insert_store.sql"),
            &[
                &store.id,
                &store.account.as_str(),
                &store.region.as_str(),
                &store.name,
                &Json(&store.selectors),
                &store.multi_region,
                &store.retention_days,
                &store.termination_protection,
                &store.billing_mode,
                &Json(&store.tags),
                &store.created_at,
            ],
        )
        .await
        .map(|_| ())
}

/// Keeps what was changed of a store.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn update(transaction: &Transaction, store: &EventDataStore) -> Result<(), StoreError> {
    transaction
        .execute(
            include_str!("sql/update_store.sql"),
            &[
                &store.id,
                &store.account.as_str(),
                &store.name,
                &Json(&store.selectors),
                &store.multi_region,
                &store.retention_days,
                &store.termination_protection,
                &store.billing_mode,
                &store.updated_at,
                &store.deleted_at,
            ],
        )
        .await
        .map(|_| ())
}

fn from_row(row: &Row, account: AccountId, region: &Region) -> Result<EventDataStore, StoreError> {
    Ok(EventDataStore {
        id: row.try_get("store_id")?,
        account,
        region: region.clone(),
        name: row.try_get("name")?,
        selectors: row.try_get::<_, Json<_>>("selectors")?.0,
        multi_region: row.try_get("multi_region")?,
        retention_days: row.try_get("retention_days")?,
        termination_protection: row.try_get("termination_protection")?,
        billing_mode: row.try_get("billing_mode")?,
        tags: row.try_get::<_, Json<_>>("tags")?.0,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        deleted_at: row.try_get("deleted_at")?,
    })
}

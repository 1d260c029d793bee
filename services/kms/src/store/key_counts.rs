//! How many customer managed keys an account has: kept by a trigger on the keys.

use keywright_store::{Connection, StoreError};

use super::AccountRows;
use super::key_row::get;

/// The number of an account's customer managed keys. Keys that are being made or destroyed meanwhile don't count.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn of_account(connection: &Connection, of: &AccountRows) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT, &[&of.region, &of.account]).await?, 0)
}

const COUNT: &str =
    "SELECT coalesce(sum(keys), 0)::bigint FROM key_counts WHERE region = $1 AND account_id = $2";

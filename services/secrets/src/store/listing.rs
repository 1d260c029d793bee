//! The list of an account's secrets, in each of its orders.

use keywright_aws_api::{AccountId, Region};
use keywright_store::Connection;
use keywright_store::types::ToSql;

use super::secrets::secret_from_row;
use crate::domain::listing::{Cursor, Listing, SortBy, SortKey, SortOrder};
use crate::domain::secret::Secret;
use crate::error::Error;

/// An account's secrets behind `cursor`, in order.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn page(
    connection: &Connection,
    region: &Region,
    account: AccountId,
    with_deleted: bool,
    listing: Listing,
    cursor: &Cursor,
    limit: i64,
) -> Result<Vec<Secret>, Error> {
    let key: &(dyn ToSql + Sync) = match &cursor.key {
        SortKey::Time(time) => time,
        SortKey::Day(day) => day,
        SortKey::Name(name) => name,
    };
    let (place, account) = (region.as_str(), account.as_str());
    let parameters =
        &[&place as _, &account as _, &with_deleted as _, key, &cursor.secret_id as _, &limit as _];
    let rows = connection.query(statement(listing), parameters).await?;
    rows.iter().map(|row| secret_from_row(row, region)).collect()
}

/// One statement for each order, each with its index: what they share stands here once.
macro_rules! in_order_of {
    ($column:literal, $behind:literal, $direction:literal) => {
        concat!(
            "SELECT * FROM secret_details LEFT JOIN secret_rotations USING (secret_id) \
             WHERE region = $1 AND account_id = $2 AND ($3 OR deletion_date IS NULL) AND (",
            $column,
            ", secret_id) ",
            $behind,
            " ($4, $5) \
             ORDER BY ",
            $column,
            " ",
            $direction,
            ", secret_id ",
            $direction,
            " LIMIT $6"
        )
    };
}

/// The statement of an order. Its parameters: Region, account, whether deleted ones are listed, the cursor's key and
/// secret, the limit.
#[must_use]
pub fn statement(listing: Listing) -> &'static str {
    match (listing.by, listing.order) {
        (SortBy::CreatedDate, SortOrder::Asc) => in_order_of!("created_at", ">", "ASC"),
        (SortBy::CreatedDate, SortOrder::Desc) => in_order_of!("created_at", "<", "DESC"),
        (SortBy::LastChangedDate, SortOrder::Asc) => in_order_of!("last_changed_at", ">", "ASC"),
        (SortBy::LastChangedDate, SortOrder::Desc) => in_order_of!("last_changed_at", "<", "DESC"),
        (SortBy::LastAccessedDate, SortOrder::Asc) => {
            in_order_of!("coalesce(last_accessed_on, DATE '0001-01-01')", ">", "ASC")
        }
        (SortBy::LastAccessedDate, SortOrder::Desc) => {
            in_order_of!("coalesce(last_accessed_on, DATE '0001-01-01')", "<", "DESC")
        }
        (SortBy::Name, SortOrder::Asc) => in_order_of!("name", ">", "ASC"),
        (SortBy::Name, SortOrder::Desc) => in_order_of!("name", "<", "DESC"),
    }
}

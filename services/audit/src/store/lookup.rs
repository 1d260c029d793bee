//! Finds events, newest first.

use keywright_aws_api::{AccountId, Region};
use keywright_store::types::ToSql;
use keywright_store::{Connection, Row, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::cursor::Cursor;
use crate::domain::lookup::{Filter, Lookup, TextAttribute};

/// A stored event.
pub struct StoredEvent {
    /// Its place in the list.
    pub place: Cursor,
    /// The record, byte for byte.
    pub record: Vec<u8>,
}

/// The first `rows` events of a query, in an account and a Region.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    region: &Region,
    lookup: &Lookup,
    rows: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let (sql, value): (&str, Option<&(dyn ToSql + Sync)>) = match &lookup.filter {
        Filter::Nothing => return Ok(Vec::new()),
        Filter::All => (ALL, None),
        Filter::EventId(id) => (BY_EVENT_ID, Some(id)),
        Filter::ReadOnly(read_only) => (BY_READ_ONLY, Some(read_only)),
        Filter::Text(attribute, value) => (by_text(*attribute), Some(value)),
    };
    let (account, region) = (account.as_str(), region.as_str());
    let Cursor { time, id } = lookup.behind;
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&account, &region, &lookup.since, &time, &id, &rows];
    parameters.extend(value);
    connection.query(sql, &parameters).await?.iter().map(stored_event).collect()
}

fn by_text(attribute: TextAttribute) -> &'static str {
    match attribute {
        TextAttribute::EventName => BY_EVENT_NAME,
        TextAttribute::EventSource => BY_EVENT_SOURCE,
        TextAttribute::Username => BY_USERNAME,
        TextAttribute::AccessKeyId => BY_ACCESS_KEY_ID,
        TextAttribute::ResourceName => BY_RESOURCE_NAME,
        TextAttribute::ResourceType => BY_RESOURCE_TYPE,
    }
}

fn stored_event(row: &Row) -> Result<StoredEvent, StoreError> {
    let time: OffsetDateTime = row.try_get("event_time")?;
    let id: Uuid = row.try_get("event_id")?;
    Ok(StoredEvent { place: Cursor { time, id }, record: row.try_get("record")? })
}

/// A page of places, found as the file says, and their records.
macro_rules! lookup {
    ($file:literal) => {
        concat!(
            "WITH page AS (\n",
            include_str!(concat!("sql/", $file)),
            ")\n",
            include_str!("sql/records_of_page.sql")
        )
    };
}

/// All events.
pub const ALL: &str = lookup!("lookup_all.sql");
/// One event.
pub const BY_EVENT_ID: &str = lookup!("lookup_by_event_id.sql");
/// Those that read, or those that write.
pub const BY_READ_ONLY: &str = lookup!("lookup_by_read_only.sql");
/// Those of one operation.
pub const BY_EVENT_NAME: &str = lookup!("lookup_by_event_name.sql");
/// Those of one service.
pub const BY_EVENT_SOURCE: &str = lookup!("lookup_by_event_source.sql");
/// Those of one user.
pub const BY_USERNAME: &str = lookup!("lookup_by_username.sql");
/// Those of one access key.
pub const BY_ACCESS_KEY_ID: &str = lookup!("lookup_by_access_key_id.sql");
/// Those about one resource.
pub const BY_RESOURCE_NAME: &str = lookup!("lookup_by_resource_name.sql");
/// Those about one type of resources.
pub const BY_RESOURCE_TYPE: &str = lookup!("lookup_by_resource_type.sql");

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
        Filter::All => (include_str!("sql/lookup_all.sql"), None),
        Filter::EventId(id) => (include_str!("sql/lookup_by_event_id.sql"), Some(id)),
        Filter::ReadOnly(read_only) => (include_str!("sql/lookup_by_read_only.sql"), Some(read_only)),
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
        TextAttribute::EventName => include_str!("sql/lookup_by_event_name.sql"),
        TextAttribute::EventSource => include_str!("sql/lookup_by_event_source.sql"),
        TextAttribute::Username => include_str!("sql/lookup_by_username.sql"),
        TextAttribute::AccessKeyId => include_str!("sql/lookup_by_access_key_id.sql"),
        TextAttribute::ResourceName => include_str!("sql/lookup_by_resource_name.sql"),
        TextAttribute::ResourceType => include_str!("sql/lookup_by_resource_type.sql"),
    }
}

fn stored_event(row: &Row) -> Result<StoredEvent, StoreError> {
    let time: OffsetDateTime = row.try_get("event_time")?;
    let id: Uuid = row.try_get("event_id")?;
    Ok(StoredEvent { place: Cursor { time, id }, record: row.try_get("record")? })
}

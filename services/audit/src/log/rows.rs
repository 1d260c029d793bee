//! What the other tables say of the log's records.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_store::types::ToSql;
use keywright_store::{Connection, Row, StoreError};
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};
use uuid::Uuid;

use super::store::Sequenced;
use super::wire::{EventRow, LogBlock, LogDays, ResourceRow, Stray, Strays};
use crate::error::AuditError;

/// These blocks with their records, and the rows that name them. Ends early when the records are too many for one answer.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn of_blocks(connection: &Connection, blocks: &[Sequenced]) -> Result<Vec<LogBlock>, AuditError> {
    let ids: Vec<i64> = blocks.iter().map(|block| block.block_id).collect();
    let days: Vec<Date> = blocks.iter().map(|block| block.day).collect();
    let mut records: HashMap<i64, Vec<Option<Vec<u8>>>> = HashMap::new();
    let mut bytes = 0;
    for block in blocks {
        // A block at a time: a record may have a megabyte.
        if let Some(found) = super::store::records(connection, block).await? {
            bytes += found.iter().flatten().map(Vec::len).sum::<usize>();
            records.insert(block.block_id, found);
        }
        if bytes > MAX_ANSWER_BYTES {
            break;
        }
    }
    let mut rows = of_events(connection, &ids, &days).await?;
    let (mut answered, mut bytes) = (Vec::new(), 0);
    for block in blocks {
        let records = records.remove(&block.block_id);
        bytes += records.iter().flatten().flatten().map(Vec::len).sum::<usize>();
        if bytes > MAX_ANSWER_BYTES && !answered.is_empty() {
            break;
        }
        let encoded = |record: Option<Vec<u8>>| record.map(|record| STANDARD.encode(record));
        answered.push(LogBlock {
            first_leaf: block.first_leaf,
            block_id: block.block_id,
            day: block.day.to_string(),
            leaves: block.leaves,
            records: records.map(|records| records.into_iter().map(encoded).collect()),
            rows: rows.remove(&block.block_id).unwrap_or_default(),
        });
    }
    Ok(answered)
}

/// The rows of events by the block that they name, in the order of their ordinals.
async fn of_events(
    connection: &Connection,
    blocks: &[i64],
    days: &[Date],
) -> Result<BTreeMap<i64, Vec<EventRow>>, StoreError> {
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
        return Ok(BTreeMap::new());
    };
    let (from, to) = (start(*first), start(*last).saturating_add(Duration::DAY));
    let mut found: BTreeMap<i64, Vec<EventRow>> = BTreeMap::new();
    for row in connection.query(include_str!("sql/find_rows.sql"), &[&blocks, &from, &to]).await? {
        found.entry(row.try_get("block_id")?).or_default().push(event_row(&row)?);
    }
    let ids: Vec<Uuid> = found.values().flatten().map(|row| row.event_id).collect();
    let mut further: HashMap<Uuid, Vec<ResourceRow>> = HashMap::new();
    for row in connection.query(include_str!("sql/find_resource_rows.sql"), &[&ids, &from, &to]).await? {
        further.entry(row.try_get("event_id")?).or_default().push(ResourceRow {
            ordinal: row.try_get("ordinal")?,
            account: row.try_get("account")?,
            region: row.try_get("region")?,
            resource_type: row.try_get("resource_type")?,
            resource_name: row.try_get("resource_name")?,
        });
    }
    for row in found.values_mut().flatten() {
        row.resources = further.remove(&row.event_id).unwrap_or_default();
    }
    Ok(found)
}

/// Which days have tables, and which retention has dropped.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn days(connection: &Connection) -> Result<LogDays, StoreError> {
    let texts = |rows: Vec<Row>| rows.iter().map(|row| Ok(row.try_get::<_, Date>(0)?.to_string())).collect();
    let kept: Result<_, StoreError> =
        texts(connection.query(include_str!("sql/find_kept_days.sql"), &[]).await?);
    let expired: Result<_, StoreError> =
        texts(connection.query("SELECT day FROM expired_days ORDER BY day", &[]).await?);
    Ok(LogDays { kept: kept?, expired: expired? })
}

/// What of one day belongs to no leaf, and doesn't wait to become one: of the blocks from `from_block` on, or of all, but only
/// as many as can be looked at in one go.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn strays(
    connection: &Connection,
    day: Date,
    from_block: Option<i64>,
) -> Result<Strays, StoreError> {
    let (from, to) = (start(day), start(day).saturating_add(Duration::DAY));
    let first = from_block.unwrap_or(i64::MIN);
    let sql = include_str!("sql/block_behind.sql");
    let next = connection.query_opt(sql, &[&day, &first, &STRAY_BLOCKS]).await?;
    let next_block: Option<i64> = next.map(|row| row.try_get(0)).transpose()?;
    let behind = next_block.unwrap_or(i64::MAX);
    let parameters: [&(dyn ToSql + Sync); 5] = [&day, &from, &to, &first, &behind];
    let mut rows = connection.query(include_str!("sql/find_strays.sql"), &parameters).await?;
    if from_block.is_none() {
        rows.extend(connection.query(include_str!("sql/find_stray_resources.sql"), &[&from, &to]).await?);
    }
    let stray = |row: &Row| {
        Ok(Stray {
            table: row.try_get("name")?,
            event_id: row.try_get("event_id")?,
            block_id: row.try_get("block_id")?,
        })
    };
    Ok(Strays { strays: rows.iter().map(stray).collect::<Result<_, StoreError>>()?, next_block })
}

fn event_row(row: &Row) -> Result<EventRow, StoreError> {
    let time: OffsetDateTime = row.try_get("event_time")?;
    Ok(EventRow {
        // Four-digit years, which is all that is stored, can be written.
        event_time: time.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default(),
        event_id: row.try_get("event_id")?,
        ordinal: row.try_get("ordinal")?,
        account: row.try_get("account")?,
        region: row.try_get("region")?,
        event_name: row.try_get("event_name")?,
        event_source: row.try_get("event_source")?,
        username: row.try_get("username")?,
        access_key_id: row.try_get("access_key_id")?,
        read_only: row.try_get("read_only")?,
        error_code: row.try_get("error_code")?,
        principal_arn: row.try_get("principal_arn")?,
        source_ip_address: row.try_get("source_ip_address")?,
        resource_type: row.try_get("resource_type")?,
        resource_name: row.try_get("resource_name")?,
        resources: Vec::new(),
    })
}

fn start(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_utc()
}

/// So many blocks of a day, with 64 rows each, are read through in one statement.
const STRAY_BLOCKS: i64 = 5_000;
/// Of records, before base64.
const MAX_ANSWER_BYTES: usize = 4 * 1_024 * 1_024;

//! Events with their blocks, stored in batches.

use std::collections::HashSet;

use keywright_store::types::{ToSql, Type};
use keywright_store::{Connection, StoreError, Transaction};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::domain::event::{Event, EventResource};

/// A block that is to be stored.
pub struct Block<'a> {
    /// Its id, from [`block_ids`].
    pub id: i64,
    /// Its records' events, all of one day, in the order in which they are to be.
    pub events: &'a [&'a Event],
    /// How many of them tell of the transparency log's own signing.
    pub own_leaves: i32,
}

/// So many ids for blocks. Nobody else gets them; those that are not used are left out.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn block_ids(connection: &Connection, count: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT nextval('record_block_ids') FROM generate_series(1, $1::bigint)";
    connection.query(sql, &[&count]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Which of these events are there already. Asked before anything is stored, it costs as much as storing does.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn known(
    connection: &Connection,
    events: &[&Event],
) -> Result<HashSet<(Uuid, OffsetDateTime)>, StoreError> {
    let (ids, times): (Vec<Uuid>, Vec<OffsetDateTime>) =
        events.iter().map(|event| (event.id, event.time)).unzip();
    let rows = connection.query(include_str!("sql/find_known.sql"), &[&ids, &times]).await?;
    rows.iter().map(|row| Ok((row.try_get("event_id")?, row.try_get("event_time")?))).collect()
}

/// Stores blocks with their events, whose days have partitions. Blocks and events are in order of time and id: writers
/// of the same events then wait for each other, and don't block each other.
///
/// # Errors
/// [`StoreError::UniqueViolation`] when one of the events is there already; any other [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, blocks: &[Block<'_>]) -> Result<(), StoreError> {
    let rows: Vec<EventRow<'_>> = blocks.iter().flat_map(EventRow::of_block).collect();
    let columns = rows.iter().map(EventRow::columns);
    transaction.copy_in(include_str!("sql/copy_events.sql"), &EVENT_TYPES, columns).await?;

    let further: Vec<ResourceRow<'_>> =
        rows.iter().flat_map(|row| ResourceRow::further_of(row.event)).collect();
    if !further.is_empty() {
        let columns = further.iter().map(ResourceRow::columns);
        transaction.copy_in(include_str!("sql/copy_resources.sql"), &RESOURCE_TYPES, columns).await?;
    }

    let blocks: Vec<BlockRow<'_>> = blocks.iter().filter_map(BlockRow::of).collect();
    let columns = blocks.iter().map(BlockRow::columns);
    transaction.copy_in(include_str!("sql/copy_blocks.sql"), &BLOCK_TYPES, columns).await?;
    let columns = blocks.iter().map(BlockRow::unsequenced_columns);
    transaction.copy_in(include_str!("sql/copy_unsequenced.sql"), &UNSEQUENCED_TYPES, columns).await?;
    Ok(())
}

type Column<'a> = &'a (dyn ToSql + Sync);

struct EventRow<'a> {
    event: &'a Event,
    block_id: i64,
    ordinal: i16,
    resource_type: Option<&'a str>,
    resource_name: Option<&'a str>,
}

impl<'a> EventRow<'a> {
    fn of_block(block: &Block<'a>) -> impl Iterator<Item = Self> {
        let block_id = block.id;
        (1..).zip(block.events).map(move |(ordinal, event)| {
            let first = event.resources.first();
            let resource_type = first.and_then(|first| first.resource_type.as_deref());
            let resource_name = first.map(|first| first.name.as_str());
            Self { event, block_id, ordinal, resource_type, resource_name }
        })
    }

    fn columns(&self) -> [Column<'_>; 16] {
        let event = self.event;
        [
            &event.time,
            &event.id,
            &self.block_id,
            &self.ordinal,
            &event.account,
            &event.region,
            &event.name,
            &event.source,
            &event.username,
            &event.access_key_id,
            &event.read_only,
            &event.error_code,
            &event.principal_arn,
            &event.source_ip_address,
            &self.resource_type,
            &self.resource_name,
        ]
    }
}

struct ResourceRow<'a> {
    event: &'a Event,
    ordinal: i32,
    resource: &'a EventResource,
}

impl<'a> ResourceRow<'a> {
    fn further_of(event: &'a Event) -> impl Iterator<Item = Self> {
        (0..).zip(&event.resources).skip(1).map(move |(ordinal, resource)| Self { event, ordinal, resource })
    }

    fn columns(&self) -> [Column<'_>; 7] {
        let (event, resource) = (self.event, self.resource);
        [
            &event.time,
            &event.id,
            &self.ordinal,
            &event.account,
            &event.region,
            &resource.resource_type,
            &resource.name,
        ]
    }
}

struct BlockRow<'a> {
    id: i64,
    day: Date,
    records: Vec<&'a [u8]>,
    leaves: i32,
    own_leaves: i32,
    leaf_hashes: Vec<u8>,
}

impl<'a> BlockRow<'a> {
    fn of(block: &Block<'a>) -> Option<Self> {
        Some(Self {
            id: block.id,
            day: block.events.first()?.day(),
            records: block.events.iter().map(|event| &*event.record).collect(),
            leaves: i32::try_from(block.events.len()).unwrap_or(i32::MAX),
            own_leaves: block.own_leaves,
            leaf_hashes: block.events.iter().flat_map(|event| event.leaf_hash).collect(),
        })
    }

    fn columns(&self) -> [Column<'_>; 3] {
        [&self.id, &self.day, &self.records]
    }

    fn unsequenced_columns(&self) -> [Column<'_>; 5] {
        [&self.id, &self.day, &self.leaves, &self.own_leaves, &self.leaf_hashes]
    }
}

const EVENT_TYPES: [Type; 16] = [
    Type::TIMESTAMPTZ,
    Type::UUID,
    Type::INT8,
    Type::INT2,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::BOOL,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
];
const RESOURCE_TYPES: [Type; 7] =
    [Type::TIMESTAMPTZ, Type::UUID, Type::INT4, Type::TEXT, Type::TEXT, Type::TEXT, Type::TEXT];
const BLOCK_TYPES: [Type; 3] = [Type::INT8, Type::DATE, Type::BYTEA_ARRAY];
const UNSEQUENCED_TYPES: [Type; 5] = [Type::INT8, Type::DATE, Type::INT4, Type::INT4, Type::BYTEA];

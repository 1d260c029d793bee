//! The log's tables.

use std::ops::Range;

use keywright_store::{Connection, Row, StoreError, Transaction};
use keywright_transparency_log::{Checkpoint, GrownTile, Hash, Note, Plan, TILE_WIDTH, TileId, Tiles};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::error::AuditError;

/// A block that has no place yet.
pub struct Unsequenced {
    /// Its id.
    pub block_id: i64,
    /// The day of its records.
    pub day: Date,
    /// How many of its leaves tell of the log's own signing.
    pub own_leaves: i32,
    /// Its leaves.
    pub leaves: Vec<Hash>,
}

/// A block's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// Its first leaf.
    pub first_leaf: u64,
    /// Its id.
    pub block_id: i64,
    /// The day of its records.
    pub day: Date,
    /// How many leaves it has.
    pub leaves: u64,
    /// How many of these tell of the log's own signing.
    pub own_leaves: i32,
}

/// A checkpoint that was signed.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: Note,
    /// When it was made.
    pub made_at: OffsetDateTime,
}

/// Lets one replica at a time do a phase, until the transaction ends; says whether it is this one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lead(transaction: &Transaction, phase: &str) -> Result<bool, StoreError> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('transparency log: ' || $1, 0))";
    Ok(transaction.query_one(sql, &[&phase]).await?.try_get(0)?)
}

/// How many leaves have their place.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn size(connection: &Connection) -> Result<u64, AuditError> {
    let sql = "SELECT first_leaf + leaves FROM sequenced_blocks ORDER BY first_leaf DESC LIMIT 1";
    match connection.query_opt(sql, &[]).await? {
        Some(row) => unsigned(row.try_get(0).map_err(StoreError::from)?),
        None => Ok(0),
    }
}

/// The partial tiles.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn edge(connection: &Connection) -> Result<Vec<(u8, u64, Vec<Hash>)>, AuditError> {
    let sql = "SELECT level, tile_index, data FROM log_tiles WHERE width < 256";
    let rows = connection.query(sql, &[]).await?;
    rows.iter().map(tile).collect()
}

/// The oldest of the blocks that have no place yet.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn unsequenced(connection: &Connection, limit: i64) -> Result<Vec<Unsequenced>, AuditError> {
    let rows = connection.query(include_str!("sql/find_unsequenced.sql"), &[&limit]).await?;
    rows.iter().map(unsequenced_block).collect()
}

/// Gives blocks their places, and takes them from the queue.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn place(transaction: &Transaction, blocks: &[Sequenced]) -> Result<(), StoreError> {
    let ids: Vec<i64> = blocks.iter().map(|block| block.block_id).collect();
    let first: Vec<i64> = blocks.iter().map(|block| signed(block.first_leaf)).collect();
    let days: Vec<Date> = blocks.iter().map(|block| block.day).collect();
    let leaves: Vec<i32> =
        blocks.iter().map(|block| i32::try_from(block.leaves).unwrap_or(i32::MAX)).collect();
    let own: Vec<i32> = blocks.iter().map(|block| block.own_leaves).collect();
    transaction
        .execute(include_str!("sql/insert_sequenced.sql"), &[&first, &ids, &days, &leaves, &own])
        .await?;
    transaction.execute("DELETE FROM unsequenced_blocks WHERE block_id = ANY($1)", &[&ids]).await?;
    Ok(())
}

/// Stores tiles that have grown.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn grow(transaction: &Transaction, tiles: &[GrownTile]) -> Result<(), StoreError> {
    let levels: Vec<i16> = tiles.iter().map(|tile| tile.id.level.into()).collect();
    let indexes: Vec<i64> = tiles.iter().map(|tile| signed(tile.id.index)).collect();
    let widths: Vec<i16> =
        tiles.iter().map(|tile| i16::try_from(tile.id.width).unwrap_or(i16::MAX)).collect();
    let data: Vec<Vec<u8>> = tiles.iter().map(|tile| bytes(&tile.hashes)).collect();
    transaction.execute(include_str!("sql/grow_tiles.sql"), &[&levels, &indexes, &widths, &data]).await?;
    Ok(())
}

/// A tile, as wide as it is asked for; none where it isn't there, or not as wide yet.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn read_tile(connection: &Connection, id: TileId) -> Result<Option<Vec<u8>>, StoreError> {
    let (level, index) = (i16::from(id.level), signed(id.index));
    let sql = "SELECT data FROM log_tiles WHERE level = $1 AND tile_index = $2";
    let Some(row) = connection.query_opt(sql, &[&level, &index]).await? else { return Ok(None) };
    let mut data: Vec<u8> = row.try_get(0)?;
    let wanted = usize::from(id.width) * Hash::LEN;
    data.truncate(wanted);
    Ok((data.len() == wanted).then_some(data))
}

/// The tiles that a plan needs; what isn't there is left out.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn tiles_of(connection: &Connection, plan: &Plan) -> Result<Tiles, AuditError> {
    let wanted = plan.tiles();
    let levels: Vec<i16> = wanted.iter().map(|tile| tile.level.into()).collect();
    let indexes: Vec<i64> = wanted.iter().map(|tile| signed(tile.index)).collect();
    let mut tiles = Tiles::default();
    for row in connection.query(include_str!("sql/find_tiles.sql"), &[&levels, &indexes]).await? {
        let (level, index, hashes) = tile(&row)?;
        tiles.insert(level, index, hashes);
    }
    Ok(tiles)
}

/// The hashes that a plan is about.
///
/// # Errors
/// [`AuditError::Log`] when tiles are missing, [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn hashes_of(connection: &Connection, plan: &Plan) -> Result<Vec<Hash>, AuditError> {
    Ok(plan.hashes(&tiles_of(connection, plan).await?)?)
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// As [`hashes_of`].
pub async fn root(connection: &Connection, size: u64) -> Result<Hash, AuditError> {
    let plan = Plan::root(size);
    Ok(plan.hash(&tiles_of(connection, &plan).await?)?)
}

/// The newest checkpoint.
///
/// # Errors
/// [`AuditError::Log`] when it isn't one, or [`AuditError::Store`].
pub async fn newest_checkpoint(connection: &Connection) -> Result<Option<Signed>, AuditError> {
    let sql = "SELECT note, made_at FROM log_checkpoints ORDER BY size DESC LIMIT 1";
    connection.query_opt(sql, &[]).await?.as_ref().map(signed_note).transpose()
}

/// The checkpoint of a tree of this size, where one was signed and is kept.
///
/// # Errors
/// [`AuditError::Log`] when it isn't one, or [`AuditError::Store`].
pub async fn checkpoint_of(connection: &Connection, size: u64) -> Result<Option<Signed>, AuditError> {
    let sql = "SELECT note, made_at FROM log_checkpoints WHERE size = $1";
    connection.query_opt(sql, &[&signed(size)]).await?.as_ref().map(signed_note).transpose()
}

fn signed_note(row: &Row) -> Result<Signed, AuditError> {
    let text: String = row.try_get(0).map_err(StoreError::from)?;
    let made_at = row.try_get(1).map_err(StoreError::from)?;
    let note = Note::parse(&text)?;
    Ok(Signed { checkpoint: Checkpoint::parse(note.text())?, note, made_at })
}

/// Whether leaves from this one on tell of anything but the log's own signing.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn has_news(connection: &Connection, since: u64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT FROM sequenced_blocks WHERE first_leaf >= $1 AND own_leaves < leaves)";
    Ok(connection.query_one(sql, &[&signed(since)]).await?.try_get(0)?)
}

/// Adds a checkpoint. One of the same size stays as it is.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn add_checkpoint(transaction: &Transaction, signed_note: &Signed) -> Result<(), StoreError> {
    let Signed { checkpoint, note, made_at } = signed_note;
    let (size, root, note) = (signed(checkpoint.size), checkpoint.root.as_bytes().to_vec(), note.to_string());
    transaction
        .execute(include_str!("sql/insert_checkpoint.sql"), &[&size, &root, &note, made_at])
        .await
        .map(|_| ())
}

/// Drops the checkpoints before `until`, but for the last of each hour.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn thin_checkpoints(transaction: &Transaction, until: OffsetDateTime) -> Result<u64, StoreError> {
    transaction.execute(include_str!("sql/thin_checkpoints.sql"), &[&until]).await
}

/// The block that holds a leaf, and those behind it, of a tree of this size.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn blocks_from(
    connection: &Connection,
    leaf: u64,
    size: u64,
    limit: i64,
) -> Result<Vec<Sequenced>, AuditError> {
    let sql = include_str!("sql/find_sequenced.sql");
    let rows = connection.query(sql, &[&signed(leaf), &signed(size), &limit]).await?;
    rows.iter().map(sequenced_block).collect()
}

/// The leaves from the first to the last block of these days, within the tree of this size.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn leaves_of(
    connection: &Connection,
    from: Date,
    to: Date,
    size: u64,
) -> Result<Range<u64>, AuditError> {
    let row =
        connection.query_one(include_str!("sql/leaves_of_days.sql"), &[&from, &to, &signed(size)]).await?;
    let number = |name| unsigned(row.try_get(name).map_err(StoreError::from)?);
    Ok(number("first")?..number("behind")?)
}

/// Where an event's row says that its record is, and the place of that block.
///
/// # Errors
/// [`AuditError::LogDamaged`] or [`AuditError::Store`].
pub async fn place_of_event(
    connection: &Connection,
    event_id: Uuid,
) -> Result<Option<(Sequenced, u64)>, AuditError> {
    let Some(row) = connection.query_opt(include_str!("sql/place_of_event.sql"), &[&event_id]).await? else {
        return Ok(None);
    };
    let ordinal: i16 = row.try_get("ordinal").map_err(StoreError::from)?;
    let block = sequenced_block(&row)?;
    let at = u64::try_from(ordinal).ok().and_then(|ordinal| ordinal.checked_sub(1));
    match at.filter(|at| *at < block.leaves) {
        Some(at) => Ok(Some((block, block.first_leaf + at))),
        None => Err(AuditError::LogDamaged("an event's row names no record of its block")),
    }
}

/// The records of a block; none when it isn't there.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn records(
    connection: &Connection,
    block: &Sequenced,
) -> Result<Option<Vec<Option<Vec<u8>>>>, StoreError> {
    let sql = "SELECT records FROM record_blocks WHERE block_id = $1 AND day = $2";
    let row = connection.query_opt(sql, &[&block.block_id, &block.day]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

fn unsequenced_block(row: &Row) -> Result<Unsequenced, AuditError> {
    let data: &[u8] = row.try_get("leaf_hashes").map_err(StoreError::from)?;
    let leaves = Hash::list(data)?;
    let count: i32 = row.try_get("leaves").map_err(StoreError::from)?;
    if leaves.is_empty() || i32::try_from(leaves.len()) != Ok(count) {
        return Err(AuditError::LogDamaged("a block in the queue has not as many leaves as it says"));
    }
    Ok(Unsequenced {
        block_id: row.try_get("block_id").map_err(StoreError::from)?,
        day: row.try_get("day").map_err(StoreError::from)?,
        own_leaves: row.try_get("own_leaves").map_err(StoreError::from)?,
        leaves,
    })
}

fn sequenced_block(row: &Row) -> Result<Sequenced, AuditError> {
    let leaves: i32 = row.try_get("leaves").map_err(StoreError::from)?;
    Ok(Sequenced {
        first_leaf: unsigned(row.try_get("first_leaf").map_err(StoreError::from)?)?,
        block_id: row.try_get("block_id").map_err(StoreError::from)?,
        day: row.try_get("day").map_err(StoreError::from)?,
        leaves: unsigned(leaves.into())?,
        own_leaves: row.try_get("own_leaves").map_err(StoreError::from)?,
    })
}

fn tile(row: &Row) -> Result<(u8, u64, Vec<Hash>), AuditError> {
    let level: i16 = row.try_get("level").map_err(StoreError::from)?;
    let level = u8::try_from(level).map_err(|_| AuditError::LogDamaged("a tile has an impossible level"))?;
    let index = unsigned(row.try_get("tile_index").map_err(StoreError::from)?)?;
    let hashes = Hash::list(row.try_get("data").map_err(StoreError::from)?)?;
    if hashes.len() > usize::from(TILE_WIDTH) {
        return Err(AuditError::LogDamaged("a tile has too many hashes"));
    }
    Ok((level, index, hashes))
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn unsigned(value: i64) -> Result<u64, AuditError> {
    u64::try_from(value).map_err(|_| AuditError::LogDamaged("a number of the log is negative"))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

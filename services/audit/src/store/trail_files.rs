//! The trail's files, as far as they were written.

use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

/// A range of leaves, whose records go into files.
pub struct Delivery {
    /// The first leaf.
    pub first_leaf: i64,
    /// The leaf behind the last one.
    pub end_leaf: i64,
    /// When it is delivered, as the files' names have it.
    pub at: OffsetDateTime,
}

/// A block of a range.
pub struct Block {
    /// Its id.
    pub id: i64,
    /// Its records; none when they were dropped with their day.
    pub records: Option<Vec<Vec<u8>>>,
}

/// A log file.
pub struct LogFile {
    /// The object's name in the bucket.
    pub object: String,
    /// Whose records it holds.
    pub account: String,
    /// The Region they are of.
    pub region: String,
    /// When it was delivered.
    pub at: OffsetDateTime,
    /// SHA-256 of its content, unpacked.
    pub hash: Vec<u8>,
    /// The time of its oldest event.
    pub oldest: OffsetDateTime,
    /// The time of its newest event.
    pub newest: OffsetDateTime,
}

/// The digest files of an account and a Region.
pub struct Chain {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// When its first log file was delivered.
    pub first_file: OffsetDateTime,
    /// The last digest file.
    pub last: Option<LastDigest>,
}

/// What the next digest file says of the one before.
pub struct LastDigest {
    /// Where it ends.
    pub end: OffsetDateTime,
    /// The object's name in the bucket.
    pub object: String,
    /// SHA-256 of its content, unpacked.
    pub hash: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// A digest file.
pub struct Digest {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Where it starts.
    pub start: OffsetDateTime,
    /// Where it ends.
    pub end: OffsetDateTime,
    /// The object's name in the bucket.
    pub object: String,
    /// SHA-256 of its content.
    pub hash: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
    /// Its content, unpacked.
    pub content: Vec<u8>,
}

/// A key that digest files are verified by.
pub struct Key {
    /// What digest files call it.
    pub fingerprint: String,
    /// PKCS#1, DER.
    pub public_key: Vec<u8>,
    /// The end of the first digest file that it signed.
    pub first_used: OffsetDateTime,
    /// The end of the last one.
    pub last_used: OffsetDateTime,
}

/// Whether this transaction is the one that writes files, until it ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lead(transaction: &Transaction) -> Result<bool, StoreError> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('trail_files', 0))";
    Ok(transaction.query_one(sql, &[]).await?.try_get(0)?)
}

/// The range that was begun and not finished.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn unfinished(transaction: &Transaction) -> Result<Option<Delivery>, StoreError> {
    let sql = "SELECT first_leaf, end_leaf, delivered_at FROM trail_deliveries WHERE NOT done ORDER BY first_leaf LIMIT 1";
    transaction.query_opt(sql, &[]).await?.map(|row| delivery(&row)).transpose()
}

/// Notes the next range, of whole blocks, if there is one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn begin(transaction: &Transaction, at: OffsetDateTime) -> Result<Option<Delivery>, StoreError> {
    let row = transaction.query_opt(include_str!("sql/begin_delivery.sql"), &[&at, &MAX_LEAVES]).await?;
    row.map(|row| delivery(&row)).transpose()
}

/// The blocks of a range, in their order.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn blocks(connection: &Connection, delivery: &Delivery) -> Result<Vec<Block>, StoreError> {
    let sql = include_str!("sql/delivered_blocks.sql");
    let rows = connection.query(sql, &[&delivery.first_leaf, &delivery.end_leaf]).await?;
    rows.iter()
        .map(|row| Ok(Block { id: row.try_get("block_id")?, records: row.try_get("records")? }))
        .collect()
}

/// Notes that a range's files are there.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn finish(
    transaction: &Transaction,
    delivery: &Delivery,
    files: &[LogFile],
) -> Result<(), StoreError> {
    for file in files {
        let LogFile { object, account, region, at, hash, oldest, newest } = file;
        let sql = include_str!("sql/insert_trail_file.sql");
        transaction.execute(sql, &[object, account, region, at, hash, oldest, newest]).await?;
    }
    let sql = "UPDATE trail_deliveries SET done = true WHERE first_leaf = $1";
    transaction.execute(sql, &[&delivery.first_leaf]).await?;
    Ok(())
}

/// The chains whose last digest file ends before this time.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn chains_before(connection: &Connection, end: OffsetDateTime) -> Result<Vec<Chain>, StoreError> {
    let rows = connection.query(include_str!("sql/digest_chains.sql"), &[&end]).await?;
    rows.iter().map(chain).collect()
}

/// The log files that were delivered in this time, the end excluded.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn files_between(
    connection: &Connection,
    chain: &Chain,
    start: OffsetDateTime,
    end: OffsetDateTime,
) -> Result<Vec<LogFile>, StoreError> {
    let sql = include_str!("sql/trail_files_between.sql");
    let rows = connection.query(sql, &[&chain.account, &chain.region, &start, &end]).await?;
    rows.iter().map(log_file).collect()
}

/// Stores a digest file that is to be written.
///
/// # Errors
/// [`StoreError::UniqueViolation`] when there is one already; any other [`StoreError`] of a statement.
pub async fn add_digest(transaction: &Transaction, digest: &Digest) -> Result<(), StoreError> {
    let Digest { account, region, start, end, object, hash, signature, content } = digest;
    let sql =
        "INSERT INTO trail_digests (account, region, start_time, end_time, object, hash, signature, content)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    transaction.execute(sql, &[account, region, start, end, object, hash, signature, content]).await?;
    Ok(())
}

/// The digest files that are still to be written.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn unwritten_digests(connection: &Connection) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT account, region, start_time, end_time, object, hash, signature, content
                 FROM trail_digests WHERE NOT done ORDER BY end_time, account, region LIMIT 1000";
    connection.query(sql, &[]).await?.iter().map(digest).collect()
}

/// Notes that a digest file was written.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn digest_written(transaction: &Transaction, digest: &Digest) -> Result<(), StoreError> {
    let sql = "UPDATE trail_digests SET done = true WHERE account = $1 AND region = $2 AND end_time = $3";
    transaction.execute(sql, &[&digest.account, &digest.region, &digest.end]).await?;
    Ok(())
}

/// Notes that a digest file which ends then is signed by this key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn use_key(
    transaction: &Transaction,
    fingerprint: &str,
    public_key: &[u8],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO trail_keys (fingerprint, public_key, first_used, last_used) VALUES ($1, $2, $3, $3)
               ON CONFLICT (fingerprint) DO UPDATE SET last_used = greatest(trail_keys.last_used, excluded.last_used)";
    transaction.execute(sql, &[&fingerprint, &public_key, &at]).await?;
    Ok(())
}

/// The keys that were in use in this time, both ends included.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn keys_between(
    connection: &Connection,
    start: OffsetDateTime,
    end: OffsetDateTime,
) -> Result<Vec<Key>, StoreError> {
    let rows = connection.query(include_str!("sql/trail_keys_between.sql"), &[&start, &end]).await?;
    rows.iter().map(key).collect()
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        first_leaf: row.try_get("first_leaf")?,
        end_leaf: row.try_get("end_leaf")?,
        at: row.try_get("delivered_at")?,
    })
}

fn log_file(row: &Row) -> Result<LogFile, StoreError> {
    Ok(LogFile {
        object: row.try_get("object")?,
        account: row.try_get("account")?,
        region: row.try_get("region")?,
        at: row.try_get("delivered_at")?,
        hash: row.try_get("hash")?,
        oldest: row.try_get("oldest_event")?,
        newest: row.try_get("newest_event")?,
    })
}

fn chain(row: &Row) -> Result<Chain, StoreError> {
    let end: Option<OffsetDateTime> = row.try_get("end_time")?;
    let last = match end {
        None => None,
        Some(end) => Some(LastDigest {
            end,
            object: row.try_get("object")?,
            hash: row.try_get("hash")?,
            signature: row.try_get("signature")?,
        }),
    };
    let (account, region) = (row.try_get("account")?, row.try_get("region")?);
    Ok(Chain { account, region, first_file: row.try_get("first_file")?, last })
}

fn digest(row: &Row) -> Result<Digest, StoreError> {
    Ok(Digest {
        account: row.try_get("account")?,
        region: row.try_get("region")?,
        start: row.try_get("start_time")?,
        end: row.try_get("end_time")?,
        object: row.try_get("object")?,
        hash: row.try_get("hash")?,
        signature: row.try_get("signature")?,
        content: row.try_get("content")?,
    })
}

fn key(row: &Row) -> Result<Key, StoreError> {
    Ok(Key {
        fingerprint: row.try_get("fingerprint")?,
        public_key: row.try_get("public_key")?,
        first_used: row.try_get("first_used")?,
        last_used: row.try_get("last_used")?,
    })
}

/// The most leaves of one range, but for a last block: what is held in memory.
const MAX_LEAVES: i64 = 20_000;

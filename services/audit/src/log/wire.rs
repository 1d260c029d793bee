//! What the admin API answers, as both sides know it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A block of the log with what the database says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogBlock {
    /// The first of its leaves.
    pub first_leaf: u64,
    /// Its id.
    pub block_id: i64,
    /// The day of its records, `2026-01-31`.
    pub day: String,
    /// How many leaves it has.
    pub leaves: u64,
    /// Its records in base64; absent when the block isn't there. A record is null when its place is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<Option<String>>>,
    /// The events whose rows name it.
    pub rows: Vec<EventRow>,
}

/// An event's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the columns of the table events")]
pub struct EventRow {
    /// RFC 3339, in UTC.
    pub event_time: String,
    pub event_id: Uuid,
    pub ordinal: i16,
    pub account: String,
    pub region: String,
    pub event_name: String,
    pub event_source: String,
    pub username: Option<String>,
    pub access_key_id: Option<String>,
    pub read_only: bool,
    pub error_code: Option<String>,
    pub principal_arn: Option<String>,
    pub source_ip_address: Option<String>,
    pub resource_type: Option<String>,
    pub resource_name: Option<String>,
    /// The rows of its further resources, by ordinal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceRow>,
}

/// The row of a further resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the columns of the table event_resources")]
pub struct ResourceRow {
    pub ordinal: i32,
    pub account: String,
    pub region: String,
    pub resource_type: Option<String>,
    pub resource_name: String,
}

/// A row or a block that belongs to no leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stray {
    /// The table it is in.
    pub table: String,
    /// The event it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    /// The block that it names, or is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_id: Option<i64>,
}

/// A part of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogEntries {
    /// The blocks from the one that holds the leaf asked for on.
    pub blocks: Vec<LogBlock>,
}

/// Which days there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogDays {
    /// Those that have tables.
    pub kept: Vec<String>,
    /// Those that retention says to have dropped.
    pub expired: Vec<String>,
}

/// Leaves from the first to before the last; none where both are the same.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogLeaves {
    /// The first.
    pub from: u64,
    /// Behind the last.
    pub to: u64,
}

/// What belongs to no leaf, of one day.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Strays {
    /// At most a thousand of each kind.
    pub strays: Vec<Stray>,
    /// From which block to go on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_block: Option<i64>,
}

/// The proof that a record is in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventProof {
    /// The record's leaf.
    pub leaf_index: u64,
    /// The record in base64.
    pub record: String,
    /// The hashes in base64.
    pub proof: Vec<String>,
    /// The signed note of the tree that the proof is for.
    pub checkpoint: String,
}

/// The proof that a tree begins with an older one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConsistencyProof {
    /// The hashes in base64.
    pub proof: Vec<String>,
    /// The signed note of the newer tree.
    pub checkpoint: String,
}

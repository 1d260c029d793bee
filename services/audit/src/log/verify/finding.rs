//! What is wrong with a log.

use std::fmt;

use keywright_transparency_log::LogError;
use uuid::Uuid;

/// Something that isn't as it was signed, or not as the record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The checkpoint isn't one of the log's.
    Checkpoint(LogError),
    /// A witness has not signed the checkpoint.
    Witness(LogError),
    /// There are fewer leaves than an earlier checkpoint says.
    RolledBack {
        /// As many as there were.
        before: u64,
        /// As many as there are.
        now: u64,
    },
    /// The tree doesn't begin with that of an earlier checkpoint.
    NotConsistent {
        /// The size of that one.
        before: u64,
    },
    /// The tiles at the right edge don't give the signed root.
    Root,
    /// A tile isn't the one of the signed tree, or missing.
    Tile {
        /// Its path.
        path: String,
    },
    /// No block has these leaves.
    NoBlock {
        /// The first.
        from: u64,
        /// Behind the last.
        to: u64,
    },
    /// A block says to be where others are.
    Misplaced {
        /// The block.
        block_id: i64,
        /// Its first leaf, as it says.
        first_leaf: u64,
    },
    /// A block is gone.
    MissingBlock {
        /// The block.
        block_id: i64,
        /// The day of its records.
        day: String,
        /// Its first leaf.
        from: u64,
        /// Behind its last.
        to: u64,
    },
    /// A block has more or fewer records than leaves.
    BlockLength {
        /// The block.
        block_id: i64,
        /// Its leaves.
        leaves: u64,
        /// Its records.
        records: u64,
    },
    /// A record was changed.
    Changed {
        /// Its leaf.
        leaf: u64,
        /// The event that the record, or else its row, is of.
        event_id: Option<Uuid>,
    },
    /// A record is where another should be.
    Reordered {
        /// The leaf at whose place it is.
        leaf: u64,
        /// Its own leaf.
        belongs: u64,
        /// Its event.
        event_id: Option<Uuid>,
    },
    /// A record is there twice, the second time in place of another.
    Duplicated {
        /// The leaf at whose place it is the second time.
        leaf: u64,
        /// Its own leaf.
        belongs: u64,
        /// Its event.
        event_id: Option<Uuid>,
    },
    /// A record is gone from its block.
    MissingRecord {
        /// Its leaf.
        leaf: u64,
        /// The event, as its row says.
        event_id: Option<Uuid>,
    },
    /// Records can't be checked, as their tile is wrong.
    Unproven {
        /// The first leaf.
        from: u64,
        /// Behind the last.
        to: u64,
    },
    /// A record has no row.
    MissingRow {
        /// Its leaf.
        leaf: u64,
        /// Its event.
        event_id: Uuid,
    },
    /// A row isn't what the record says.
    ChangedRow {
        /// The record's leaf.
        leaf: u64,
        /// Its event.
        event_id: Uuid,
        /// The columns.
        columns: Vec<&'static str>,
    },
    /// A row names a record that is another event's, or none.
    ExtraRow {
        /// The event that it says to be.
        event_id: Uuid,
        /// The block that it names.
        block_id: i64,
    },
    /// A row or block belongs to nothing in the log.
    Stray {
        /// The table.
        table: String,
        /// Its event.
        event_id: Option<Uuid>,
        /// Its block.
        block_id: Option<i64>,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event =
            |id: &Option<Uuid>| id.map_or_else(|| "unknown event".to_owned(), |id| format!("event {id}"));
        match self {
            Self::Checkpoint(error) => write!(f, "the checkpoint is not the log's: {error}"),
            Self::Witness(error) => write!(f, "a witness has not signed the checkpoint: {error}"),
            Self::RolledBack { before, now } => {
                write!(f, "the log was rolled back: {now} leaves, {before} at the earlier checkpoint")
            }
            Self::NotConsistent { before } => {
                write!(f, "the log does not begin with the {before} leaves of the earlier checkpoint")
            }
            Self::Root => f.write_str("the tiles at the right edge do not give the signed root"),
            Self::Tile { path } => write!(f, "{path} is missing, or not what was signed"),
            Self::NoBlock { from, to } => write!(f, "leaves {from} to {}: no block has them", to - 1),
            Self::Misplaced { block_id, first_leaf } => {
                write!(f, "block {block_id} says to begin at leaf {first_leaf}, where another one is")
            }
            Self::MissingBlock { block_id, day, from, to } => {
                write!(f, "leaves {from} to {}: block {block_id} of {day} is missing", to - 1)
            }
            Self::BlockLength { block_id, leaves, records } => {
                write!(f, "block {block_id} has {records} records for {leaves} leaves")
            }
            Self::Changed { leaf, event_id } => {
                write!(f, "leaf {leaf}, {}: the record was changed", event(event_id))
            }
            Self::Reordered { leaf, belongs, event_id } => {
                write!(f, "leaf {leaf}, {}: the record belongs to leaf {belongs}", event(event_id))
            }
            Self::Duplicated { leaf, belongs, event_id } => {
                write!(
                    f,
                    "leaf {leaf}, {}: the record is a second copy of that of leaf {belongs}",
                    event(event_id)
                )
            }
            Self::MissingRecord { leaf, event_id } => {
                write!(f, "leaf {leaf}, {}: the record is missing", event(event_id))
            }
            Self::Unproven { from, to } => {
                write!(f, "leaves {from} to {}: cannot be checked, their tile is wrong", to - 1)
            }
            Self::MissingRow { leaf, event_id } => write!(f, "leaf {leaf}, event {event_id}: it has no row"),
            Self::ChangedRow { leaf, event_id, columns } => {
                write!(
                    f,
                    "leaf {leaf}, event {event_id}: the row differs from the record: {}",
                    columns.join(", ")
                )
            }
            Self::ExtraRow { event_id, block_id } => {
                write!(f, "event {event_id}: its row has no record in block {block_id}")
            }
            Self::Stray { table, event_id, block_id } => {
                let block = block_id.map_or_else(String::new, |id| format!(", block {id}"));
                let event = event_id.map_or_else(String::new, |id| format!(", event {id}"));
                write!(f, "{table}{event}{block}: it belongs to nothing in the log")
            }
        }
    }
}

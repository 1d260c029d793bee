//! Where the audit service reads events from: Kafka, or the journals of its own process.
//!
//! Both keep the same promise: every entry that a journal took is delivered at least once, in order for each key, and
//! after a restart from where the consumer had settled. Positions are the consumer's: it stores them in one transaction
//! with its rows, and gives them back through a [`PositionStore`].

mod journal;
mod kafka;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    journal::{JournalError, Position},
    kafka::KafkaFailure,
};

pub use journal::JournalSource;
pub use kafka::{KafkaSource, KafkaSourceConfig};

/// Delivers entries in batches.
pub trait EventSource: Send {
    /// The next entries, at least one and at most `max`; waits where there are none. May be dropped at any time: what was
    /// not returned is delivered later.
    ///
    /// # Errors
    /// When the source can't go on.
    fn next_batch(&mut self, max: usize) -> BoxFuture<'_, Result<SourceBatch, SourceError>>;

    /// The consumer has settled these positions together with its rows: nothing before them is needed any more.
    ///
    /// # Errors
    /// When the source can't go on.
    fn committed<'a>(&'a mut self, positions: &'a [SourcePosition])
    -> BoxFuture<'a, Result<(), SourceError>>;

    /// Lets go of what the source holds; entries that were not settled are delivered to the next one.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Where a consumer settled its positions.
pub trait PositionStore: Send + Sync + 'static {
    /// The next position to read of `source`, if any was settled.
    fn load<'a>(
        &'a self,
        source: &'a str,
    ) -> BoxFuture<'a, Result<Option<i64>, Box<dyn Error + Send + Sync>>>;
}

/// How far one source was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePosition {
    /// `kafka:<topic>/<partition>` or `journal:<journal id>`.
    pub source: Arc<str>,
    /// The next to read.
    pub position: i64,
}

/// Entries, and how far their sources are read with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceBatch {
    /// The entries, in order for each source.
    pub entries: Vec<SourcedEntry>,
    /// One position for each source that has entries here.
    pub positions: Vec<SourcePosition>,
}

/// An entry as it arrived. Its payload may be anything: what is no record belongs to the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcedEntry {
    /// Where it came from.
    pub source: Arc<str>,
    /// Its own position there.
    pub position: i64,
    /// The event's id; none when whoever sent it gave none.
    pub event_id: Option<Uuid>,
    /// The key that kept its order.
    pub partition_key: Bytes,
    /// The record.
    pub payload: Bytes,
    /// The W3C trace parent.
    pub trace_parent: Option<Box<str>>,
}

/// Why a source can't go on.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A journal cannot be read.
    #[error("source cannot read the journal")]
    Journal(#[from] JournalError),
    /// Kafka refused.
    #[error("source cannot read from kafka")]
    Kafka(#[from] KafkaFailure),
    /// The settled position cannot be had.
    #[error("source position cannot be loaded, source={source_name}")]
    Position {
        /// Whose.
        source_name: Arc<str>,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The settled position lies beyond the journal's end: the journal has lost entries, or is an older copy.
    #[error("source is behind its settled position, source={source_name}, settled={settled}, end={end}")]
    Ahead {
        /// Whose.
        source_name: Arc<str>,
        /// What was settled.
        settled: i64,
        /// The journal's end.
        end: Position,
    },
    /// The source's thread could not be started.
    #[error("source cannot start its thread")]
    Thread(#[source] std::io::Error),
    /// No more will come.
    #[error("source is closed")]
    Closed,
}

impl SourceBatch {
    /// A batch of these entries, with the positions that follow from them.
    fn of(entries: Vec<SourcedEntry>) -> Self {
        let mut positions: Vec<SourcePosition> = Vec::new();
        for entry in &entries {
            let position = entry.position + 1;
            match positions.iter_mut().find(|known| known.source == entry.source) {
                Some(known) => known.position = known.position.max(position),
                None => positions.push(SourcePosition { source: Arc::clone(&entry.source), position }),
            }
        }
        Self { entries, positions }
    }
}

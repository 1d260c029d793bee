//! The journals of this process as a source, where there is no broker.

use std::sync::Arc;

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tracing::warn;

use super::{EventSource, PositionStore, SourceBatch, SourceError, SourcePosition, SourcedEntry};
use crate::journal::{Journal, JournalReader, Position, StoredEntry};

/// Reads several journals, and acknowledges them: only what the consumer has settled is freed.
pub struct JournalSource {
    lanes: Vec<Lane>,
    /// Whose turn it is, so that a busy journal doesn't starve another.
    turn: usize,
}

struct Lane {
    source: Arc<str>,
    journal: Journal,
    reader: JournalReader,
}

impl JournalSource {
    /// A source of these journals, from the positions that were settled.
    ///
    /// # Errors
    /// When a position can't be loaded, or lies beyond its journal's end.
    pub async fn start(
        journals: impl IntoIterator<Item = Journal>,
        positions: &dyn PositionStore,
    ) -> Result<Self, SourceError> {
        let mut lanes = Vec::new();
        for journal in journals {
            lanes.push(Lane::begin(journal, positions).await?);
        }
        Ok(Self { lanes, turn: 0 })
    }

    async fn read(&mut self, max: usize) -> Result<SourceBatch, SourceError> {
        loop {
            for _ in 0..self.lanes.len() {
                self.turn = (self.turn + 1) % self.lanes.len();
                let Some(lane) = self.lanes.get_mut(self.turn) else { continue };
                let read = lane.reader.read_available(max, BATCH_BYTES).await?;
                if !read.is_empty() {
                    return Ok(SourceBatch::of(lane.sourced(read)));
                }
            }
            self.ready().await?;
        }
    }

    /// Waits until one of the journals has something to read.
    async fn ready(&mut self) -> Result<(), SourceError> {
        let mut waiting: FuturesUnordered<_> =
            self.lanes.iter_mut().map(|lane| lane.reader.ready()).collect();
        while let Some(ready) = waiting.next().await {
            // A closed journal has ended; the others go on.
            if ready.is_ok() {
                return Ok(());
            }
        }
        Err(SourceError::Closed)
    }
}

impl EventSource for JournalSource {
    fn next_batch(&mut self, max: usize) -> BoxFuture<'_, Result<SourceBatch, SourceError>> {
        Box::pin(self.read(max))
    }

    fn committed<'a>(
        &'a mut self,
        positions: &'a [SourcePosition],
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        for settled in positions {
            if let Some(lane) = self.lanes.iter().find(|lane| lane.source == settled.source) {
                lane.journal.acknowledge(position_of(settled.position));
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Lane {
    async fn begin(journal: Journal, positions: &dyn PositionStore) -> Result<Self, SourceError> {
        let source: Arc<str> = format!("journal:{}", journal.id()).into();
        let settled = positions
            .load(&source)
            .await
            .map_err(|cause| SourceError::Position { source_name: Arc::clone(&source), cause })?;
        let oldest = journal.oldest();
        let from = settled.map_or(oldest, position_of);
        let end = journal.durable_end();
        if let Some(settled) = settled.filter(|_| from > end) {
            return Err(SourceError::Ahead { source_name: source, settled, end });
        }
        if from < oldest {
            warn!(source = %source, settled = %from, oldest = %oldest, "journal was freed beyond the settled position");
        }
        journal.acknowledge(from);
        let reader = journal.reader(from.max(oldest));
        Ok(Self { source, journal, reader })
    }

    fn sourced(&self, read: Vec<StoredEntry>) -> Vec<SourcedEntry> {
        read.into_iter()
            .map(|StoredEntry { position, entry }| SourcedEntry {
                source: Arc::clone(&self.source),
                position: i64::try_from(position.get()).unwrap_or(i64::MAX),
                event_id: Some(entry.event_id),
                partition_key: entry.partition_key,
                payload: entry.payload,
                trace_parent: entry.trace_parent,
            })
            .collect()
    }
}

fn position_of(position: i64) -> Position {
    Position::new(u64::try_from(position).unwrap_or_default())
}

const BATCH_BYTES: usize = 8 * 1_024 * 1_024;

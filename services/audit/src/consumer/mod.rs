//! Reads events from their source and stores them, for as long as the service runs.

mod block_ids;
mod log_key;
mod metrics;
mod partitions;
mod read_entry;
mod settler;
mod source;

use std::time::Duration;

use keywright_audit_log::{EventSource, SourceError, SourcePosition};
use keywright_telemetry::request_span;
use time::OffsetDateTime;
use tracing::Instrument as _;

pub use log_key::LogKey;
pub use partitions::keep_ahead;
pub use read_entry::ReadEntry;
pub use settler::{Settled, Settler};
pub use source::{SourceConfig, SourceOpener};

/// The task between a source and the tables.
pub struct Consumer {
    opener: SourceOpener,
    source: Box<dyn EventSource>,
    settler: Settler,
    batch_entries: usize,
    /// What was read while the batch before it was stored.
    next: Option<Batch>,
}

/// A batch that was read, and where its sources are then.
struct Batch {
    entries: Vec<ReadEntry>,
    positions: Vec<SourcePosition>,
}

impl Consumer {
    /// Opens the source, at the positions that are settled.
    ///
    /// # Errors
    /// [`SourceError`] when it can't be opened: its settings are wrong, or a journal is older than its settled position.
    pub async fn open(
        opener: SourceOpener,
        settler: Settler,
        batch_entries: usize,
    ) -> Result<Self, SourceError> {
        let source = opener.open().await?;
        Ok(Self { opener, source, settler, batch_entries, next: None })
    }

    /// Stores what comes, until there is no more to come. Where the source fails, it is opened anew.
    pub async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let failure = match self.step().await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                Err(SourceError::Closed) => {
                    tracing::info!("the source of events was closed");
                    return;
                }
                Err(error) => error,
            };
            tracing::error!(error = %chain(&failure), "the source of events failed; it is opened again");
            // It was not settled: the source that is opened now delivers it again.
            self.next = None;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.opener.open().await {
                Ok(source) => std::mem::replace(&mut self.source, source).close().await,
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the source of events cannot be opened")
                }
            }
        }
    }

    /// Stores one batch, and reads the next one meanwhile.
    ///
    /// # Errors
    /// When the source can't go on. Where the database is away, it is waited for.
    pub async fn step(&mut self) -> Result<(), SourceError> {
        let Self { source, settler, batch_entries, next, .. } = self;
        let mut batch = match next.take() {
            Some(batch) => batch,
            None => Batch::read(source.as_mut(), *batch_entries, settler.now()).await?,
        };
        let trace_parents = batch.entries.iter().filter_map(|read| read.entry.trace_parent.as_deref());
        let span = request_span::consume(batch.entries.len(), trace_parents);
        let now = settler.now();
        let settling = settler.settle(&mut batch.entries).instrument(span);
        tokio::pin!(settling);
        // What is read ahead is not waited for: where nothing comes, what is settled must be said nevertheless.
        let failure = tokio::select! {
            biased;
            _ = &mut settling => None,
            read = Batch::read(source.as_mut(), *batch_entries, now) => {
                let failure = match read {
                    Ok(read) => {
                        *next = Some(read);
                        None
                    }
                    Err(error) => Some(error),
                };
                settling.await;
                failure
            }
        };
        self.source.committed(&batch.positions).await?;
        failure.map_or(Ok(()), Err)
    }

    /// Lets go of the source.
    pub async fn close(self) {
        self.source.close().await;
    }
}

impl Batch {
    async fn read(
        source: &mut dyn EventSource,
        max: usize,
        now: OffsetDateTime,
    ) -> Result<Self, SourceError> {
        let batch = source.next_batch(max).await?;
        let entries = batch.entries.into_iter().map(|entry| ReadEntry::new(entry, now)).collect();
        Ok(Self { entries, positions: batch.positions })
    }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

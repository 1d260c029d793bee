//! Reads events from their source and stores them, for as long as the service runs.

mod metrics;
mod partitions;
mod settler;
mod source;

use std::time::Duration;

use keywright_audit_log::{EventSource, SourceError};
use keywright_telemetry::request_span;
use tracing::Instrument as _;

pub use partitions::keep_ahead;
pub use settler::{Settled, Settler};
pub use source::{SourceConfig, SourceOpener};

/// The task between a source and the tables.
pub struct Consumer {
    opener: SourceOpener,
    source: Box<dyn EventSource>,
    settler: Settler,
    batch_entries: usize,
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
        Ok(Self { opener, source, settler, batch_entries })
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

    /// Stores one batch.
    ///
    /// # Errors
    /// When the source can't go on. Where the database is away, it is waited for.
    pub async fn step(&mut self) -> Result<(), SourceError> {
        let batch = self.source.next_batch(self.batch_entries).await?;
        let trace_parents = batch.entries.iter().filter_map(|entry| entry.trace_parent.as_deref());
        let span = request_span::consume(batch.entries.len(), trace_parents);
        self.settler.settle(&batch.entries).instrument(span).await;
        self.source.committed(&batch.positions).await
    }

    /// Lets go of the source.
    pub async fn close(self) {
        self.source.close().await;
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

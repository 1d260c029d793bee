//! What the handles, the threads and the readers of one journal share.

use std::path::PathBuf;

use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Position, keeper::Acknowledgements, ledger::Ledger, metrics::JournalMetrics, queue::Queue};

/// The state of one open journal.
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) name: String,
    pub(super) journal_id: Uuid,
    pub(super) queue: Queue,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) acknowledgements: Acknowledgements,
    pub(super) durable: watch::Sender<Durable>,
    pub(super) metrics: JournalMetrics,
}

/// How far the journal is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Durable {
    /// The position after the last durable entry.
    pub(super) end: Position,
    /// Whether more may come.
    pub(super) open: bool,
}

impl Shared {
    /// Counts entries as durable, so that readers see them.
    pub(super) fn advance(&self, end: Position, entries: u64, bytes: u64) {
        // Counted in the queue first: an acknowledgement must never take off what was not yet added.
        self.queue.written(bytes, bytes);
        {
            let mut ledger = self.ledger.lock();
            ledger.appended(end, bytes);
            self.show_unacknowledged(&ledger);
        }
        self.metrics.appended_entries.inc_by(entries);
        self.metrics.appended_bytes.inc_by(bytes);
        self.durable.send_modify(|durable| durable.end = end);
    }

    /// Everything before `next` is acknowledged.
    pub(super) fn acknowledge(&self, next: Position) {
        let acknowledged = {
            let mut ledger = self.ledger.lock();
            let bytes = ledger.acknowledge(next);
            self.queue.acknowledged(bytes);
            self.show_unacknowledged(&ledger);
            ledger.acknowledged()
        };
        self.acknowledgements.note(acknowledged);
    }

    fn show_unacknowledged(&self, ledger: &Ledger) {
        let (entries, bytes) = ledger.unacknowledged();
        self.metrics.unacknowledged_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.metrics.unacknowledged_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

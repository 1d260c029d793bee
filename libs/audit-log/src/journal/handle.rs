//! The journal as its users hold it.

use std::{
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use tokio::sync::watch;
use tracing::warn;
use uuid::Uuid;

use super::{
    Append, JournalConfig, JournalError, JournalReader, Position,
    cursor::Cursor,
    directory::DirectoryLock,
    keeper::{self, Acknowledgements},
    ledger::Ledger,
    metrics::JournalMetrics,
    queue::Queue,
    recovery::{self, Recovered},
    segment::segment_path,
    shared::{Durable, Shared},
    storage::{DiskStorage, SegmentStorage},
    writer::{OpenSegment, Writer},
};
use crate::record::Entry;

/// A journal, open for appending and reading. Cheap to clone; it is closed when the last clone is dropped.
#[derive(Clone)]
pub struct Journal {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

struct Running {
    writer: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

impl Journal {
    /// Opens a journal, or makes it. Reads all that is not acknowledged, to check it: about a second for 2 GiB.
    ///
    /// # Errors
    /// When another process holds it, when durable data is damaged, or when the file system refuses.
    pub fn open(config: JournalConfig) -> Result<Self, JournalError> {
        Self::open_on(config, Arc::new(DiskStorage))
    }

    /// Opens a journal whose segments are written through `storage`.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_on(config: JournalConfig, storage: Arc<dyn SegmentStorage>) -> Result<Self, JournalError> {
        let lock = Arc::new(DirectoryLock::take(&config.dir)?);
        let (cursor, value) = Cursor::open(&config.dir)?;
        let recovered = recovery::recover(&config.dir, value)?;
        let segment = reopen_last(&config, &recovered, storage.as_ref());
        let (next, acknowledged) = (recovered.next, recovered.acknowledged);
        let shared = Arc::new(shared_state(&config, recovered));

        let writer = Writer::new(Arc::clone(&shared), storage, config.segment_bytes, segment, next);
        let keeping = Arc::clone(&shared);
        let start = |what: &str, run: Box<dyn FnOnce() + Send>| {
            let name = format!("journal-{what}-{}", config.name);
            // Held by whoever still writes in the directory.
            let lock = Arc::clone(&lock);
            let run_locked = move || {
                run();
                drop(lock);
            };
            thread::Builder::new()
                .name(name)
                .spawn(run_locked)
                .map_err(JournalError::io("start a thread", &config.dir))
        };
        let writer = start("w", Box::new(move || writer.run()))?;
        let keeper = start("k", Box::new(move || keeper::run(&keeping, cursor, acknowledged)));
        let owner = Owner { shared, running: Mutex::new(None) };
        match keeper {
            Ok(keeper) => *owner.running.lock() = Some(Running { writer, keeper }),
            Err(error) => {
                owner.shared.queue.close();
                return Err(error);
            }
        }
        Ok(Self { owner: Arc::new(owner) })
    }

    /// Appends an entry: resolves when it is durable.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] when the disk refuses, [`JournalError::Full`] when too much is not acknowledged,
    /// [`JournalError::TooLarge`], [`JournalError::Closed`]. After an error the entry counts as not recorded.
    pub fn append(&self, entry: Entry) -> Append {
        Append::new(Arc::clone(&self.owner.shared), entry)
    }

    /// Whether the journal is open, below its bound, and on a disk that takes what is written: a request that can't be
    /// recorded is better not begun. An append may succeed all the same; it is one more attempt.
    pub fn is_accepting(&self) -> bool {
        self.owner.shared.queue.is_accepting()
    }

    /// Why the journal doesn't accept entries, if it doesn't.
    pub fn refusal(&self) -> Option<JournalError> {
        self.owner.shared.queue.refusal()
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.owner.shared.dir
    }

    /// What it is called in metrics.
    pub fn name(&self) -> &str {
        &self.owner.shared.name
    }

    /// A reader of the durable entries from `from` on.
    pub fn reader(&self, from: Position) -> JournalReader {
        JournalReader::new(Arc::clone(&self.owner.shared), from)
    }

    /// Everything before `next` has been handed on and may be freed. Kept on disk soon, not at once: after a crash some of
    /// it is delivered again.
    pub fn acknowledge(&self, next: Position) {
        self.owner.shared.acknowledge(next);
    }

    /// Everything before this position is acknowledged.
    pub fn acknowledged(&self) -> Position {
        self.owner.shared.ledger.lock().acknowledged()
    }

    /// The oldest position that can still be read.
    pub fn oldest(&self) -> Position {
        self.owner.shared.ledger.lock().oldest()
    }

    /// The position after the last durable entry.
    pub fn durable_end(&self) -> Position {
        self.owner.shared.durable.borrow().end
    }

    /// Entries and bytes that are not acknowledged; the bytes with their frames, rounded up to what was counted together.
    pub fn unacknowledged(&self) -> (u64, u64) {
        self.owner.shared.ledger.lock().unacknowledged()
    }

    /// The journal's id, made when it was first opened.
    pub fn id(&self) -> Uuid {
        self.owner.shared.journal_id
    }

    /// Refuses further appends. Those that were taken in are finished; reading and acknowledging go on.
    pub fn begin_close(&self) {
        self.owner.shared.queue.close();
    }

    /// Closes the journal: waits until all that was taken in is written and the last acknowledgement is kept, and lets go
    /// of the directory.
    pub async fn close(&self) {
        self.begin_close();
        let owner = Arc::clone(&self.owner);
        if let Err(error) = tokio::task::spawn_blocking(move || owner.finish()).await {
            warn!(error = %error, "journal not closed in order");
        }
    }
}

impl Owner {
    fn finish(&self) {
        let mut running = self.running.lock();
        let Some(Running { writer, keeper }) = running.take() else {
            return;
        };
        self.shared.queue.close();
        if thread::current().id() == writer.thread().id() {
            // The last handle was dropped with a waker, by the writer itself, which can't wait for its own end.
            self.shared.acknowledgements.stop();
            return;
        }
        let written = writer.join();
        self.shared.durable.send_modify(|durable| durable.open = false);
        self.shared.acknowledgements.stop();
        if written.is_err() || keeper.join().is_err() {
            warn!(dir = %self.shared.dir.display(), "a thread of the journal had failed");
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.finish();
    }
}

fn reopen_last(
    config: &JournalConfig,
    recovered: &Recovered,
    storage: &dyn SegmentStorage,
) -> Option<OpenSegment> {
    let path = segment_path(&config.dir, *recovered.segments.last()?);
    match storage.reopen(&path, recovered.last_end, config.segment_bytes) {
        Ok(file) => Some(OpenSegment { file, path, end: recovered.last_end }),
        Err(error) => {
            // As after a failed write: the next batch begins a new segment, as soon as that succeeds.
            warn!(error = %error, path = %path.display(), "last journal segment not taken up again");
            None
        }
    }
}

fn shared_state(config: &JournalConfig, recovered: Recovered) -> Shared {
    let run_bytes = (config.max_bytes / RUNS).min(LARGEST_RUN);
    let mut ledger = Ledger::new(recovered.acknowledged, run_bytes);
    recovered.segments.iter().for_each(|first| ledger.segment_begun(*first));
    for (end, bytes) in recovered.unacknowledged {
        ledger.appended(end, bytes);
    }
    let (_, unacknowledged) = ledger.unacknowledged();
    let (durable, _) = watch::channel(Durable { end: recovered.next, open: true });
    Shared {
        dir: config.dir.clone(),
        name: config.name.clone(),
        journal_id: recovered.journal_id.unwrap_or_else(Uuid::new_v4),
        queue: Queue::new(config.max_bytes, unacknowledged),
        acknowledgements: Acknowledgements::new(recovered.acknowledged),
        ledger: Mutex::new(ledger),
        durable,
        metrics: JournalMetrics::of(&config.name, config.max_bytes),
    }
}

/// Unacknowledged bytes are counted in runs, so many in all, and none larger than this.
const RUNS: u64 = 1_024;
const LARGEST_RUN: u64 = 64 * 1_024;

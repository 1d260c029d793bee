//! Where appends gather while the writer is busy.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{JournalError, batch::Batch, frame};
use crate::record::Entry;

/// The entries that wait for the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    max_bytes: u64,
    /// Bytes that are durable and that nobody has acknowledged.
    unacknowledged: AtomicU64,
    /// A copy of the state's `closed`, to be asked without the lock.
    closed: AtomicBool,
    /// Why the disk refuses, for as long as it does.
    failure: Mutex<Option<JournalError>>,
    failing: AtomicBool,
}

struct State {
    gathered: Gathered,
    /// Bytes gathered or being written.
    pending_bytes: u64,
    writer_waits: bool,
    closed: bool,
}

/// What the writer takes at once.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) entries: Vec<Entry>,
    /// When each of them came.
    pub(super) came: Vec<Instant>,
    pub(super) bytes: u64,
    pub(super) batch: Arc<Batch>,
}

/// What the writer is to do next.
pub(super) enum Work {
    /// Write these.
    Write(Gathered),
    /// Nothing came in the time given: see whether the disk takes something again.
    Probe,
    /// The queue is closed and empty.
    End,
}

impl Queue {
    pub(super) fn new(max_bytes: u64, unacknowledged: u64) -> Self {
        let gathered = Gathered::default();
        Self {
            state: Mutex::new(State { gathered, pending_bytes: 0, writer_waits: false, closed: false }),
            work: Condvar::new(),
            max_bytes,
            unacknowledged: AtomicU64::new(unacknowledged),
            closed: AtomicBool::new(false),
            failure: Mutex::new(None),
            failing: AtomicBool::new(false),
        }
    }

    /// Adds an entry to the batch that is gathering.
    pub(super) fn push(&self, entry: Entry, waker: &Waker) -> Result<(Arc<Batch>, usize), JournalError> {
        let bytes = frame::encoded_len(&entry)?;
        let mut state = self.state.lock();
        if state.closed {
            return Err(JournalError::Closed);
        }
        let held = self.unacknowledged.load(Ordering::Acquire).saturating_add(state.pending_bytes);
        if held.saturating_add(bytes) > self.max_bytes {
            return Err(JournalError::Full { max_bytes: self.max_bytes });
        }
        state.pending_bytes += bytes;
        let gathered = &mut state.gathered;
        let index = gathered.entries.len();
        gathered.entries.push(entry);
        gathered.came.push(Instant::now());
        gathered.bytes += bytes;
        let batch = Arc::clone(&gathered.batch);
        batch.join(waker);
        let wake_writer = std::mem::take(&mut state.writer_waits);
        drop(state);
        if wake_writer {
            self.work.notify_one();
        }
        Ok((batch, index))
    }

    /// Takes all that has gathered, or waits for it: while the disk refuses, for at most `patience`. The lists of `emptied`
    /// are filled next.
    pub(super) fn take(&self, emptied: Gathered, patience: Duration) -> Work {
        let mut state = self.state.lock();
        while state.gathered.entries.is_empty() {
            if state.closed {
                return Work::End;
            }
            state.writer_waits = true;
            if !self.failing.load(Ordering::Acquire) {
                self.work.wait(&mut state);
            } else if self.work.wait_for(&mut state, patience).timed_out()
                && state.gathered.entries.is_empty()
            {
                state.writer_waits = false;
                return if state.closed { Work::End } else { Work::Probe };
            }
        }
        state.writer_waits = false;
        Work::Write(std::mem::replace(&mut state.gathered, emptied))
    }

    /// Says why the disk refuses, or that it no longer does.
    pub(super) fn set_failure(&self, failure: Option<JournalError>) {
        self.failing.store(failure.is_some(), Ordering::Release);
        *self.failure.lock() = failure;
    }

    /// Why an entry would be refused, if it would.
    pub(super) fn refusal(&self) -> Option<JournalError> {
        if self.closed.load(Ordering::Acquire) {
            return Some(JournalError::Closed);
        }
        if self.unacknowledged.load(Ordering::Acquire) >= self.max_bytes {
            return Some(JournalError::Full { max_bytes: self.max_bytes });
        }
        self.failure.lock().clone()
    }

    /// Counts a batch as written: so many bytes are durable now, of so many that were pending.
    pub(super) fn written(&self, durable_bytes: u64, taken_bytes: u64) {
        // Added before the pending ones are taken off: the sum must never look smaller than it is.
        self.unacknowledged.fetch_add(durable_bytes, Ordering::AcqRel);
        let mut state = self.state.lock();
        state.pending_bytes = state.pending_bytes.saturating_sub(taken_bytes);
    }

    /// Counts bytes as acknowledged.
    pub(super) fn acknowledged(&self, bytes: u64) {
        self.unacknowledged.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Whether an entry would be taken in, as far as can be told without the lock.
    pub(super) fn is_accepting(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
            && !self.failing.load(Ordering::Acquire)
            && self.unacknowledged.load(Ordering::Acquire) < self.max_bytes
    }

    /// Refuses further entries; the writer finishes those that are there.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.state.lock().closed = true;
        self.work.notify_one();
    }
}

//! The one thread that writes a journal.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use prometheus::local::LocalHistogram;
use tracing::{error, info};

use super::{
    JournalError, Position,
    batch::Outcome,
    frame,
    queue::{Gathered, Work},
    segment::{HEADER_BYTES, SegmentHeader, segment_path},
    shared::Shared,
    storage::{SegmentFile, SegmentStorage},
};
use crate::record::Entry;

/// The writer of one journal.
pub(super) struct Writer {
    shared: Arc<Shared>,
    storage: Arc<dyn SegmentStorage>,
    segment_bytes: u64,
    segment: Option<OpenSegment>,
    next: Position,
    buffer: Vec<u8>,
    failing: bool,
    append_seconds: LocalHistogram,
}

/// The segment that is being written.
pub(super) struct OpenSegment {
    pub(super) file: Box<dyn SegmentFile>,
    pub(super) path: PathBuf,
    /// Where the next frame goes: everything before it is durable.
    pub(super) end: u64,
}

/// How much of a batch became durable.
struct Written {
    entries: usize,
    bytes: u64,
    failure: Option<JournalError>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        storage: Arc<dyn SegmentStorage>,
        segment_bytes: u64,
        segment: Option<OpenSegment>,
        next: Position,
    ) -> Self {
        let buffer = Vec::new();
        let append_seconds = shared.metrics.append_seconds.local();
        Self { shared, storage, segment_bytes, segment, next, buffer, failing: false, append_seconds }
    }

    /// The writer's thread: returns when the journal is closed and all is written that was taken in.
    pub(super) fn run(mut self) {
        let mut emptied = Gathered::default();
        loop {
            match self.shared.queue.take(std::mem::take(&mut emptied), PROBE_INTERVAL) {
                Work::Write(gathered) => emptied = self.write_batch(gathered),
                Work::Probe => self.probe(),
                Work::End => return,
            }
        }
    }

    /// Sees whether a disk that refused takes something again: while the service isn't ready, nobody asks.
    fn probe(&mut self) {
        match self.begin_segment() {
            Ok(segment) => {
                self.segment = Some(segment);
                self.note(None);
            }
            Err(error) => self.note(Some(JournalError::Unavailable(Arc::new(error)))),
        }
    }

    fn write_batch(&mut self, gathered: Gathered) -> Gathered {
        let Gathered { mut entries, mut came, bytes, batch } = gathered;
        let began = Instant::now();
        let first = self.next;
        let written = self.write(&entries);
        self.shared.queue.written(0, bytes.saturating_sub(written.bytes));
        self.observe(&came, &written, began.elapsed());
        self.note(written.failure.clone());
        batch.settle(Outcome { first, durable: written.entries, failure: written.failure });
        entries.clear();
        came.clear();
        Gathered { entries, came, ..Gathered::default() }
    }

    /// Writes as many of the entries, in order, as can be made durable.
    fn write(&mut self, entries: &[Entry]) -> Written {
        let mut written = Written { entries: 0, bytes: 0, failure: None };
        while let Some(rest) = entries.get(written.entries..).filter(|rest| !rest.is_empty()) {
            match self.write_to_one_segment(rest) {
                Ok((count, bytes)) => {
                    written.entries += count;
                    written.bytes += bytes;
                    self.next = self.next.plus(count as u64);
                    self.shared.advance(self.next, count as u64, bytes);
                }
                Err(error) => {
                    self.abandon_segment();
                    written.failure = Some(JournalError::Unavailable(Arc::new(error)));
                    break;
                }
            }
        }
        written
    }

    /// Makes as many entries durable as fit the current segment, or a new one: at least one.
    fn write_to_one_segment(&mut self, entries: &[Entry]) -> io::Result<(usize, u64)> {
        let needed = entries.first().and_then(|entry| frame::encoded_len(entry).ok()).unwrap_or_default();
        let mut segment = match self.segment.take() {
            Some(segment) if segment.end + needed <= self.segment_bytes => segment,
            _ => self.begin_segment()?,
        };
        let mut count = 0;
        self.buffer.clear();
        for entry in entries {
            let start = self.buffer.len();
            frame::encode(entry, self.next.plus(count as u64), self.next, &mut self.buffer);
            if count > 0 && segment.end + self.buffer.len() as u64 > self.segment_bytes {
                self.buffer.truncate(start);
                break;
            }
            count += 1;
        }
        let result = segment.file.write_at(&self.buffer, segment.end).and_then(|()| {
            let _timed = self.shared.metrics.fdatasync_seconds.start_timer();
            segment.file.sync()
        });
        let bytes = self.buffer.len() as u64;
        if result.is_ok() {
            segment.end += bytes;
        }
        self.segment = Some(segment);
        self.buffer.shrink_to(KEPT_BUFFER);
        result.map(|()| (count, bytes))
    }

    fn begin_segment(&mut self) -> io::Result<OpenSegment> {
        let path = segment_path(&self.shared.dir, self.next);
        let mut file = self.storage.create(&path, self.segment_bytes)?;
        let header = SegmentHeader { journal_id: self.shared.journal_id, first: self.next };
        let begun = file.write_at(&header.encode(), 0).and_then(|()| file.sync());
        if let Err(error) = begun {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        self.shared.ledger.lock().segment_begun(self.next);
        Ok(OpenSegment { file, path, end: HEADER_BYTES as u64 })
    }

    /// Gives a segment up after a failed write or sync: what lies beyond its last durable frame is unknown and is never
    /// used again. The next batch begins a new segment with the same positions, which makes the old tail void.
    fn abandon_segment(&mut self) {
        if let Some(mut segment) = self.segment.take()
            && let Err(error) = segment.file.cut(segment.end)
        {
            info!(error = %error, path = %segment.path.display(), "tail of the journal segment not cut off");
        }
    }

    fn observe(&mut self, came: &[Instant], written: &Written, took: Duration) {
        let metrics = &self.shared.metrics;
        let (entries, now) = (came.len(), Instant::now());
        for came in came.iter().take(written.entries) {
            self.append_seconds.observe(now.duration_since(*came).as_secs_f64());
        }
        self.append_seconds.flush();
        #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 entries")]
        metrics.batch_entries.observe(entries as f64);
        metrics.sync_seconds.observe(took.as_secs_f64());
        metrics.failed_entries.inc_by(entries.saturating_sub(written.entries) as u64);
    }

    /// Notes whether the disk takes what is written.
    fn note(&mut self, failure: Option<JournalError>) {
        if failure.is_none() && !self.failing {
            return;
        }
        match &failure {
            Some(failure) if !self.failing => {
                let cause = std::error::Error::source(failure).map(ToString::to_string);
                error!(cause, dir = %self.shared.dir.display(), "journal cannot be written");
            }
            None => info!(dir = %self.shared.dir.display(), "journal can be written again"),
            Some(_) => {}
        }
        self.failing = failure.is_some();
        self.shared.metrics.writable.set(i64::from(!self.failing));
        self.shared.queue.set_failure(failure);
    }
}

/// The buffer's size between batches, in bytes.
const KEPT_BUFFER: usize = 1_024 * 1_024;
/// How often a disk that refused is tried while nothing is to be written.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

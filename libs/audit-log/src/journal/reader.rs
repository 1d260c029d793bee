//! Reads a journal's durable entries in order, while it is written.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

use super::{
    JournalError, Position,
    frame::{self, Frame},
    segment::{HEADER_BYTES, segment_path},
    shared::{Durable, Shared},
};
use crate::record::Entry;

/// An entry as the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place.
    pub position: Position,
    /// What was appended.
    pub entry: Entry,
}

/// Reads durable entries, and waits for them where there are none yet. It keeps nothing from being freed.
pub struct JournalReader {
    shared: Arc<Shared>,
    durable: watch::Receiver<Durable>,
    place: Place,
}

#[derive(Clone)]
struct Place {
    /// The next entry to deliver.
    position: Position,
    segment: Option<OpenSegment>,
}

#[derive(Clone)]
struct OpenSegment {
    first: Position,
    file: Arc<File>,
    /// The next frame, and its position: not above the next one to deliver.
    offset: u64,
    at: Position,
}

impl JournalReader {
    pub(super) fn new(shared: Arc<Shared>, from: Position) -> Self {
        let durable = shared.durable.subscribe();
        Self { shared, durable, place: Place { position: from, segment: None } }
    }

    /// The position of the entry that is delivered next.
    pub fn position(&self) -> Position {
        self.place.position
    }

    /// Waits until there is something to read. May be dropped at any time.
    ///
    /// # Errors
    /// [`JournalError::Closed`] when all was read and no more will come.
    pub async fn ready(&mut self) -> Result<(), JournalError> {
        let position = self.place.position;
        let durable = self.durable.wait_for(|durable| durable.end > position || !durable.open).await;
        match durable {
            Ok(durable) if durable.end > position => Ok(()),
            _ => Err(JournalError::Closed),
        }
    }

    /// The next entries, at least one: at most `max_entries`, and no more after `max_bytes` of payload. Waits where there
    /// are none. May be dropped at any time: what was not returned is read again.
    ///
    /// # Errors
    /// When the entries were freed or are damaged, when the journal was closed and all was read.
    pub async fn next_batch(
        &mut self,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEntry>, JournalError> {
        self.ready().await?;
        self.read_available(max_entries, max_bytes).await
    }

    /// What can be read without waiting for new entries; nothing when there is none.
    ///
    /// # Errors
    /// When the entries were freed or are damaged.
    pub async fn read_available(
        &mut self,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEntry>, JournalError> {
        let end = self.durable.borrow_and_update().end;
        if end <= self.place.position {
            return Ok(Vec::new());
        }
        let shared = Arc::clone(&self.shared);
        let mut place = self.place.clone();
        let read = tokio::task::spawn_blocking(move || {
            let entries = place.read(&shared, end, max_entries.max(1), max_bytes)?;
            Ok((entries, place))
        });
        let (entries, place) = match read.await {
            Ok(read) => read?,
            Err(error) => {
                let path = self.shared.dir.clone();
                return Err(JournalError::io("read on a thread", path)(io::Error::other(error)));
            }
        };
        self.place = place;
        Ok(entries)
    }
}

impl Place {
    fn read(
        &mut self,
        shared: &Shared,
        end: Position,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEntry>, JournalError> {
        let mut entries = Vec::new();
        let mut room = max_bytes;
        while self.position < end && entries.len() < max_entries && (room > 0 || entries.is_empty()) {
            let wanted = end.since(self.position).min((max_entries - entries.len()) as u64);
            let mut segment = self.segment_of_position(shared)?;
            let mut chunk = segment.chunk(shared, wanted)?;
            while let Frame::Entry(found) = frame::decode(&chunk)
                && segment.at < end
                && entries.len() < max_entries
                && (room > 0 || entries.is_empty())
            {
                if found.position != segment.at {
                    // A failed batch left it; the next segment gives its position anew.
                    break;
                }
                segment.at = segment.at.next();
                segment.offset += found.bytes as u64;
                let _frame = chunk.split_to(found.bytes);
                if found.position == self.position {
                    self.position = self.position.next();
                    room = room.saturating_sub(found.entry.payload.len());
                    entries.push(StoredEntry { position: found.position, entry: found.entry });
                }
                if shared.ledger.lock().segment_of(self.position) != Some(segment.first) {
                    break;
                }
            }
            self.segment = Some(segment);
        }
        Ok(entries)
    }

    fn segment_of_position(&mut self, shared: &Shared) -> Result<OpenSegment, JournalError> {
        let (first, oldest) = {
            let ledger = shared.ledger.lock();
            (ledger.segment_of(self.position), ledger.oldest())
        };
        let freed = JournalError::Freed { requested: self.position, oldest };
        if let Some(open) = self.segment.take()
            && first.is_none_or(|first| first == open.first)
        {
            return Ok(open);
        }
        let first = first.ok_or_else(|| freed.clone())?;
        let path = segment_path(&shared.dir, first);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => freed,
            _ => JournalError::io("open the segment", path)(error),
        })?;
        Ok(OpenSegment { first, file: Arc::new(file), offset: HEADER_BYTES as u64, at: first })
    }
}

impl OpenSegment {
    /// Reads from the next frame on: at least that one whole, and about as much as `wanted` entries need.
    fn chunk(&self, shared: &Shared, wanted: u64) -> Result<Bytes, JournalError> {
        let path = || segment_path(&shared.dir, self.first);
        let guess = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_mul(GUESSED_ENTRY);
        let mut size = guess.clamp(SMALLEST_CHUNK, LARGEST_CHUNK);
        loop {
            let chunk = read_at(&self.file, self.offset, size)
                .map_err(JournalError::io("read the segment", path()))?;
            let reason = match frame::decode(&chunk) {
                Frame::Entry(found) if found.position == self.at => return Ok(chunk),
                Frame::Partial { needed } if chunk.len() == size && needed > size => {
                    size = needed;
                    continue;
                }
                Frame::Entry(_) => "frame has another position",
                Frame::Partial { .. } => "frame is cut off",
                Frame::End => "frame is missing",
                Frame::Bad(reason) => reason,
            };
            return Err(JournalError::Corrupt { file: path(), offset: self.offset, reason });
        }
    }
}

fn read_at(file: &File, offset: u64, size: usize) -> io::Result<Bytes> {
    let mut data = vec![0; size];
    let mut filled = 0;
    while let Some(rest) = data.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(Bytes::from(data))
}

const GUESSED_ENTRY: usize = 1_536;
const SMALLEST_CHUNK: usize = 16 * 1_024;
const LARGEST_CHUNK: usize = 256 * 1_024;

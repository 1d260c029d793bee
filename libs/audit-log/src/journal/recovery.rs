//! What a journal finds on disk when it is opened.
//!
//! A crash leaves at most one thing behind: a torn end of the last segment, of entries that nobody was told were durable.
//! It is cut off. Anything else that doesn't fit is damage to durable data, and is refused by name, never repaired.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    JournalError, Position,
    cursor::{CursorValue, cursor_path},
    segment::{HEADER_BYTES, SegmentHeader, segment_of, segment_path},
    walk::Walk,
};

/// The state that a journal goes on from.
#[derive(Debug)]
pub(super) struct Recovered {
    /// None in a new journal.
    pub(super) journal_id: Option<Uuid>,
    /// The first position of each segment.
    pub(super) segments: Vec<Position>,
    /// Where the last segment's frames end, in bytes.
    pub(super) last_end: u64,
    /// The next position to give.
    pub(super) next: Position,
    /// Everything before it is acknowledged.
    pub(super) acknowledged: Position,
    /// The entries that are not acknowledged, by segment: where they end, and their bytes.
    pub(super) unacknowledged: Vec<(Position, u64)>,
}

/// Reads what is in a journal's directory.
///
/// # Errors
/// When durable data is damaged, or the file system refuses.
pub(super) fn recover(dir: &Path, cursor: Option<CursorValue>) -> Result<Recovered, JournalError> {
    let (segments, journal_id) = find_segments(dir, cursor)?;
    let Some(oldest) = segments.first().copied() else {
        return Ok(Recovered {
            journal_id: None,
            segments,
            last_end: 0,
            next: Position::FIRST,
            acknowledged: Position::FIRST,
            unacknowledged: Vec::new(),
        });
    };
    let acknowledged = match cursor {
        Some(cursor) => cursor.acknowledged.max(oldest),
        None => oldest,
    };
    if oldest > Position::FIRST && cursor.is_none_or(|cursor| cursor.acknowledged < oldest) {
        warn!(dir = %dir.display(), oldest = %oldest, "journal cursor is lost, entries will be delivered again");
    }

    let begin = segments.partition_point(|first| *first <= acknowledged).saturating_sub(1);
    let mut recovered = Recovered {
        journal_id,
        segments: segments.clone(),
        last_end: HEADER_BYTES as u64,
        next: oldest,
        acknowledged,
        unacknowledged: Vec::new(),
    };
    for (index, first) in segments.iter().enumerate().skip(begin) {
        let following = segments.get(index + 1).copied();
        let path = segment_path(dir, *first);
        let data = std::fs::read(&path).map_err(JournalError::io("read the segment", &path))?;
        let walk = Walk::of(&Bytes::from(data), *first, following, acknowledged, |_| {});
        if let Some(reason) = walk.damage(following, acknowledged) {
            return Err(corrupt(path, walk.end, reason));
        }
        recovered.last_end = walk.end;
        recovered.next = walk.next;
        if walk.unacknowledged_bytes > 0 {
            recovered.unacknowledged.push((walk.next, walk.unacknowledged_bytes));
        }
    }
    Ok(recovered)
}

/// The segments there are, oldest first, and the journal that they belong to.
fn find_segments(
    dir: &Path,
    cursor: Option<CursorValue>,
) -> Result<(Vec<Position>, Option<Uuid>), JournalError> {
    let listed = std::fs::read_dir(dir).map_err(JournalError::io("list the segments", dir))?;
    let mut found = Vec::new();
    for item in listed {
        let item = item.map_err(JournalError::io("list the segments", dir))?;
        found.extend(segment_of(&item.path()));
    }
    found.sort_unstable();

    let newest = found.last().copied();
    let mut journal_id = cursor.map(|cursor| cursor.journal_id);
    let mut segments = Vec::with_capacity(found.len());
    for first in found {
        let path = segment_path(dir, first);
        match read_header(&path)? {
            Ok(header) if header.first != first => {
                return Err(corrupt(path, 0, "segment has another's name"));
            }
            Ok(header) if journal_id.is_some_and(|id| id != header.journal_id) => {
                return Err(corrupt(path, 0, "segment is of another journal"));
            }
            Ok(header) => {
                journal_id = Some(header.journal_id);
                segments.push(first);
            }
            Err(_) if Some(first) == newest && holds_no_frames(&path)? => {
                // The header is durable before the first frame is written: the crash came while the file was made.
                info!(path = %path.display(), "unfinished journal segment removed");
                std::fs::remove_file(&path).map_err(JournalError::io("remove the segment", &path))?;
            }
            Err(reason) => return Err(corrupt(path, 0, reason)),
        }
    }
    if segments.is_empty() && cursor.is_some() {
        return Err(corrupt(cursor_path(dir), 0, "segments are missing"));
    }
    Ok((segments, journal_id))
}

fn read_header(path: &Path) -> Result<Result<SegmentHeader, &'static str>, JournalError> {
    use std::io::Read as _;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    std::fs::File::open(path)
        .and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header))
        .map_err(JournalError::io("read the segment", path))?;
    Ok(SegmentHeader::decode(&header))
}

fn holds_no_frames(path: &Path) -> Result<bool, JournalError> {
    let data = std::fs::read(path).map_err(JournalError::io("read the segment", path))?;
    Ok(data.iter().skip(HEADER_BYTES).all(|byte| *byte == 0))
}

fn corrupt(file: PathBuf, offset: u64, reason: &'static str) -> JournalError {
    JournalError::Corrupt { file, offset, reason }
}

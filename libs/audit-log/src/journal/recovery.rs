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
    frame::{self, Frame},
    segment::{HEADER_BYTES, SegmentHeader, segment_of, segment_path},
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
        let scan = Scan::of(dir, *first, following, acknowledged)?;
        recovered.last_end = scan.end;
        recovered.next = scan.next;
        if scan.bytes > 0 {
            recovered.unacknowledged.push((scan.next, scan.bytes));
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

/// What one segment holds.
struct Scan {
    /// Where its frames end, in bytes.
    end: u64,
    /// The position after its last entry.
    next: Position,
    /// The bytes of its entries that are not acknowledged.
    bytes: u64,
}

impl Scan {
    fn of(
        dir: &Path,
        first: Position,
        following: Option<Position>,
        acknowledged: Position,
    ) -> Result<Self, JournalError> {
        let path = segment_path(dir, first);
        let data = std::fs::read(&path).map_err(JournalError::io("read the segment", &path))?;
        let mut data = Bytes::from(data);
        let mut scan = Self { end: HEADER_BYTES as u64, next: first, bytes: 0 };
        let _header = data.split_to(HEADER_BYTES.min(data.len()));
        while following.is_none_or(|following| scan.next < following) {
            let reason = match frame::decode(&data) {
                Frame::Entry(found) if found.position == scan.next => {
                    if scan.next >= acknowledged {
                        scan.bytes += found.bytes as u64;
                    }
                    scan.next = scan.next.next();
                    scan.end += found.bytes as u64;
                    let _frame = data.split_to(found.bytes);
                    continue;
                }
                Frame::Entry(_) => "frame has another position",
                Frame::End => "frame is missing",
                Frame::Partial { .. } => "frame is cut off",
                Frame::Bad(reason) => reason,
            };
            if following.is_some() || acknowledged > scan.next || was_durable(&data, scan.next) {
                return Err(corrupt(path, scan.end, reason));
            }
            break;
        }
        Ok(scan)
    }
}

/// Whether a later frame says that `position` was durable: then what lies there was damaged, not merely unfinished.
pub(super) fn was_durable(data: &Bytes, position: Position) -> bool {
    let used = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    (1..used).any(|offset| {
        let claims_later = data
            .get(offset..)
            .and_then(frame::claimed_position)
            .is_some_and(|claimed| claimed > position && claimed.since(position) < FAR_AWAY);
        claims_later
            && matches!(frame::decode(&data.slice(offset..)), Frame::Entry(found) if found.durable > position)
    })
}

fn corrupt(file: PathBuf, offset: u64, reason: &'static str) -> JournalError {
    JournalError::Corrupt { file, offset, reason }
}

/// More entries than one segment holds.
const FAR_AWAY: u64 = 1 << 32;

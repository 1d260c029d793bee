//! Looks at a journal from outside, of a service that is stopped or runs: nothing is locked, changed or repaired.
//!
//! A running service writes meanwhile. What looks damaged is read again before it is called so: the end of the newest
//! segment may be half written at any moment, and a segment may be freed.

use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use uuid::Uuid;

use super::{
    JournalError, Position, StoredEntry,
    cursor::{self, cursor_path},
    segment::{HEADER_BYTES, SegmentHeader, segment_of, segment_path},
    walk::Walk,
};

/// What a journal's directory holds.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The journal's id; none where there is no segment and no cursor.
    pub journal_id: Option<Uuid>,
    /// The process that holds the journal, as far as the system tells.
    pub held_by: Option<u32>,
    /// The cursor's slots, in the order they lie; none for one that is empty or ruined.
    pub cursor_slots: Vec<Option<CursorSlot>>,
    /// Everything before it is acknowledged.
    pub acknowledged: Position,
    /// The segments, oldest first.
    pub segments: Vec<Segment>,
    /// How many entries are not acknowledged.
    pub unacknowledged_entries: u64,
    /// And their bytes, with their frames.
    pub unacknowledged_bytes: u64,
    /// Where durable data is damaged: a service would refuse to start.
    pub damage: Vec<Damage>,
}

/// One slot of the cursor file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorSlot {
    /// The journal it is of.
    pub journal_id: Uuid,
    /// How often the cursor was written until then; the higher turn counts.
    pub turn: u64,
    /// Everything before it is acknowledged.
    pub acknowledged: Position,
}

/// One segment file. All of its frames were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The file.
    pub path: PathBuf,
    /// The position of its first entry.
    pub first: Position,
    /// The position after its last one.
    pub end: Position,
    /// The size of the file, in bytes.
    pub file_bytes: u64,
    /// Header and frames, in bytes; the rest is free.
    pub used_bytes: u64,
    /// The bytes of frames that are not acknowledged.
    unacknowledged_bytes: u64,
    /// Frames behind that which a failed write left, and which count for nothing; or a torn end.
    pub has_void_end: bool,
}

/// A place of damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The damaged file.
    pub file: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub reason: &'static str,
}

impl Segment {
    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.end.since(self.first)
    }

    /// The bytes that are left for more.
    pub fn free_bytes(&self) -> u64 {
        self.file_bytes.saturating_sub(self.used_bytes)
    }
}

/// Reads all of a journal and checks every checksum.
///
/// # Errors
/// When the directory or a file can't be read.
pub fn inspect(dir: &Path) -> Result<Inspection, JournalError> {
    let cursor_slots = read_cursor(dir)?;
    let newest = cursor_slots.iter().flatten().max_by_key(|slot| slot.turn).copied();
    let mut inspection = Inspection {
        journal_id: newest.map(|slot| slot.journal_id),
        held_by: holder(dir),
        cursor_slots,
        acknowledged: newest.map_or(Position::FIRST, |slot| slot.acknowledged),
        segments: Vec::new(),
        unacknowledged_entries: 0,
        unacknowledged_bytes: 0,
        damage: Vec::new(),
    };
    let firsts = list(dir)?;
    if let Some(oldest) = firsts.first() {
        inspection.acknowledged = inspection.acknowledged.max(*oldest);
    } else if newest.is_some() {
        let damage = Damage { file: cursor_path(dir), offset: 0, reason: "segments are missing" };
        inspection.damage.push(damage);
    }
    for (index, first) in firsts.iter().enumerate() {
        inspection.look_at(dir, *first, firsts.get(index + 1).copied())?;
    }
    let end = inspection.segments.last().map_or(Position::FIRST, |segment| segment.end);
    inspection.unacknowledged_entries = end.since(inspection.acknowledged);
    inspection.unacknowledged_bytes =
        inspection.segments.iter().map(|segment| segment.unacknowledged_bytes).sum();
    Ok(inspection)
}

/// The entries from `from` on that are whole, at most `limit`; those before damage, where there is some.
///
/// # Errors
/// As [`inspect`].
pub fn entries(dir: &Path, from: Position, limit: usize) -> Result<Vec<StoredEntry>, JournalError> {
    let firsts = list(dir)?;
    let mut found = Vec::new();
    let begin = firsts.partition_point(|first| *first <= from).saturating_sub(1);
    for (index, first) in firsts.iter().enumerate().skip(begin) {
        let Some(data) = read_segment(dir, *first)? else { continue };
        let walk = Walk::of(&data, *first, firsts.get(index + 1).copied(), from, |entry| {
            if entry.position >= from && found.len() < limit {
                found.push(entry);
            }
        });
        if found.len() >= limit || (walk.wrong.is_some() && firsts.get(index + 1).is_some()) {
            break;
        }
    }
    Ok(found)
}

impl Inspection {
    fn look_at(
        &mut self,
        dir: &Path,
        first: Position,
        following: Option<Position>,
    ) -> Result<(), JournalError> {
        // Freed meanwhile.
        let Some(data) = read_segment(dir, first)? else { return Ok(()) };
        let (mut segment, mut damage) = self.segment(dir, &data, first, following);
        let mut reads = 1;
        while damage.is_some() && reads < READS {
            let Some(data) = read_segment(dir, first)? else { return Ok(()) };
            let before = damage;
            (segment, damage) = self.segment(dir, &data, first, following);
            if damage == before {
                break;
            }
            reads += 1;
        }
        self.segments.push(segment);
        self.damage.extend(damage);
        Ok(())
    }

    fn segment(
        &mut self,
        dir: &Path,
        data: &Bytes,
        first: Position,
        following: Option<Position>,
    ) -> (Segment, Option<Damage>) {
        let path = segment_path(dir, first);
        let mut segment = Segment {
            path: path.clone(),
            first,
            end: first,
            file_bytes: data.len() as u64,
            used_bytes: data.len().min(HEADER_BYTES) as u64,
            unacknowledged_bytes: 0,
            has_void_end: false,
        };
        let damaged = |offset, reason| Some(Damage { file: path, offset, reason });
        match SegmentHeader::decode(data) {
            Ok(header) if header.first != first => {
                return (segment, damaged(0, "segment has another's name"));
            }
            Ok(header) if self.journal_id.is_some_and(|id| id != header.journal_id) => {
                return (segment, damaged(0, "segment is of another journal"));
            }
            Ok(header) => self.journal_id = Some(header.journal_id),
            // The crash came while the file was made: a start removes it.
            Err(_) if following.is_none() && data.iter().skip(HEADER_BYTES).all(|byte| *byte == 0) => {
                return (segment, None);
            }
            Err(reason) => return (segment, damaged(0, reason)),
        }
        let walk = Walk::of(data, first, following, self.acknowledged, |_| {});
        segment.end = walk.next;
        segment.used_bytes = walk.end;
        segment.unacknowledged_bytes = walk.unacknowledged_bytes;
        segment.has_void_end = walk.rest.iter().any(|byte| *byte != 0);
        let damage = walk.damage(following, self.acknowledged).and_then(|reason| damaged(walk.end, reason));
        (segment, damage)
    }
}

fn list(dir: &Path) -> Result<Vec<Position>, JournalError> {
    let listed = std::fs::read_dir(dir).map_err(JournalError::io("list the segments", dir))?;
    let mut firsts = Vec::new();
    for item in listed {
        let item = item.map_err(JournalError::io("list the segments", dir))?;
        firsts.extend(segment_of(&item.path()));
    }
    firsts.sort_unstable();
    Ok(firsts)
}

fn read_segment(dir: &Path, first: Position) -> Result<Option<Bytes>, JournalError> {
    let path = segment_path(dir, first);
    match std::fs::read(&path) {
        Ok(data) => Ok(Some(Bytes::from(data))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("read the segment", path)(error)),
    }
}

fn read_cursor(dir: &Path) -> Result<Vec<Option<CursorSlot>>, JournalError> {
    let path = cursor_path(dir);
    let data = match std::fs::read(&path) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(JournalError::io("read the cursor", path)(error)),
    };
    let slot = |value: cursor::CursorValue| CursorSlot {
        journal_id: value.journal_id,
        turn: value.turn,
        acknowledged: value.acknowledged,
    };
    Ok(cursor::slots(&data).into_iter().map(|value| value.map(slot)).collect())
}

/// Who holds the lock file, as the kernel lists it: asking the lock itself would mean to take it.
fn holder(dir: &Path) -> Option<u32> {
    let lock = std::fs::metadata(dir.join("lock")).ok()?;
    let device = (rustix::fs::major(lock.dev()), rustix::fs::minor(lock.dev()));
    let id = format!("{:02x}:{:02x}:{}", device.0, device.1, lock.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| *word != "FLOCK").skip(3);
        let (pid, file) = (words.next()?, words.next()?);
        if file == id { pid.parse().ok() } else { None }
    })
}

/// How often a segment is read until damage is believed.
const READS: usize = 5;

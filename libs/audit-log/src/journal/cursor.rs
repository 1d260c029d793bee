//! How far a journal is acknowledged, kept in a small file of two slots that are written by turns: a torn write
//! damages one slot only, and the other still tells an older position.
//!
//! | offset in slot | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `KWCURSOR` |
//! | 8 | 16 | journal id |
//! | 24 | 8 | turn: grows by one with every write; the slot is `turn % 2` |
//! | 32 | 8 | position: everything before it is acknowledged |
//! | 40 | 20 | reserved: 0 |
//! | 60 | 4 | CRC-32C of the 60 bytes before |

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{JournalError, Position};

/// The open cursor file of a journal.
pub(super) struct Cursor {
    file: File,
    turn: u64,
}

/// What a cursor file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CursorValue {
    pub(super) journal_id: Uuid,
    pub(super) acknowledged: Position,
    pub(super) turn: u64,
}

/// What the slots of a cursor file tell, in the order they lie; none for one that is empty or ruined.
pub(super) fn slots(data: &[u8]) -> Vec<Option<CursorValue>> {
    data.chunks(SLOT_BYTES).map(decode).collect()
}

impl Cursor {
    /// Opens the cursor of a journal's directory, and reads it. There is no value in a new file or a ruined one.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(super) fn open(dir: &Path) -> Result<(Self, Option<CursorValue>), JournalError> {
        let path = cursor_path(dir);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(JournalError::io("open the cursor", &path))?;
        let mut data = std::fs::read(&path).map_err(JournalError::io("read the cursor", &path))?;
        if data.len() < FILE_BYTES {
            // Its space is had now: on a full disk it must be possible to say what may be freed.
            data.resize(FILE_BYTES, 0);
            file.write_all_at(&data, 0)
                .and_then(|()| file.sync_all())
                .map_err(JournalError::io("make the cursor", &path))?;
        }
        let value = slots(&data).into_iter().flatten().max_by_key(|value| value.turn);
        Ok((Self { file, turn: value.map_or(0, |value| value.turn) }, value))
    }

    /// Makes a position durable.
    pub(super) fn write(&mut self, journal_id: Uuid, acknowledged: Position) -> io::Result<()> {
        let turn = self.turn + 1;
        let slot = encode(&CursorValue { journal_id, acknowledged, turn });
        self.file.write_all_at(&slot, (turn % 2) * SLOT_BYTES as u64)?;
        self.file.sync_data()?;
        self.turn = turn;
        Ok(())
    }
}

/// The cursor's file.
pub(super) fn cursor_path(dir: &Path) -> PathBuf {
    dir.join("cursor")
}

fn encode(value: &CursorValue) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(MAGIC);
    slot.extend_from_slice(value.journal_id.as_bytes());
    slot.extend_from_slice(&value.turn.to_le_bytes());
    slot.extend_from_slice(&value.acknowledged.get().to_le_bytes());
    slot.resize(CHECKED_BYTES, 0);
    slot.extend_from_slice(&crc32c::crc32c(&slot).to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<CursorValue> {
    let (checked, stored) = slot.first_chunk::<SLOT_BYTES>()?.split_last_chunk::<4>()?;
    if crc32c::crc32c(checked) != u32::from_le_bytes(*stored) {
        return None;
    }
    let rest = checked.strip_prefix(MAGIC)?;
    let (journal_id, rest) = rest.split_first_chunk::<16>()?;
    let (turn, rest) = rest.split_first_chunk::<8>()?;
    let acknowledged = rest.first_chunk::<8>()?;
    Some(CursorValue {
        journal_id: Uuid::from_bytes(*journal_id),
        acknowledged: Position::new(u64::from_le_bytes(*acknowledged)),
        turn: u64::from_le_bytes(*turn),
    })
}

const MAGIC: &[u8] = b"KWCURSOR";
const SLOT_BYTES: usize = 64;
const FILE_BYTES: usize = 2 * SLOT_BYTES;
const CHECKED_BYTES: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_last_position_and_survives_a_ruined_slot() {
        let dir = tempfile::tempdir().unwrap();
        let id = Uuid::from_u128(1);
        let (mut cursor, value) = Cursor::open(dir.path()).unwrap();
        assert_eq!(value, None);
        cursor.write(id, Position::new(7)).unwrap();
        cursor.write(id, Position::new(9)).unwrap();
        let (cursor, value) = Cursor::open(dir.path()).unwrap();
        assert_eq!(value.unwrap().acknowledged, Position::new(9));

        let newest_slot = (cursor.turn % 2) * SLOT_BYTES as u64;
        cursor.file.write_all_at(&[0xff], newest_slot + 33).unwrap();
        let (_, value) = Cursor::open(dir.path()).unwrap();
        let value = value.unwrap();
        assert_eq!((value.journal_id, value.acknowledged), (id, Position::new(7)));
    }
}

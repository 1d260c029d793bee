//! One file of a journal: a header of 64 bytes, then frames, then zeros up to the preallocated size.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `KWJOURNL` |
//! | 8 | 2 | format version: 1 |
//! | 10 | 2 | header length: 64 |
//! | 12 | 4 | reserved: 0 |
//! | 16 | 16 | journal id |
//! | 32 | 8 | position of the first entry |
//! | 40 | 20 | reserved: 0 |
//! | 60 | 4 | CRC-32C of the 60 bytes before |
//!
//! The file is named by that position, in 20 digits. An entry whose position is not below the first of the *next*
//! segment is no part of the journal: it belongs to a batch that failed, and whose positions were given anew.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Position;

/// The facts at the start of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) journal_id: Uuid,
    pub(super) first: Position,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut fields = Vec::with_capacity(HEADER_BYTES);
        fields.extend_from_slice(MAGIC);
        fields.extend_from_slice(&VERSION.to_le_bytes());
        fields.extend_from_slice(&HEADER_LENGTH.to_le_bytes());
        fields.extend_from_slice(&[0; 4]);
        fields.extend_from_slice(self.journal_id.as_bytes());
        fields.extend_from_slice(&self.first.get().to_le_bytes());
        fields.resize(CHECKED_BYTES, 0);
        fields.extend_from_slice(&crc32c::crc32c(&fields).to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        header
    }

    /// Reads a header.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn decode(data: &[u8]) -> Result<Self, &'static str> {
        let header = data.first_chunk::<HEADER_BYTES>().ok_or("segment header is cut off")?;
        let (checked, stored) = header.split_last_chunk::<4>().ok_or("segment header is cut off")?;
        if crc32c::crc32c(checked) != u32::from_le_bytes(*stored) {
            return Err("segment header checksum does not match");
        }
        Self::fields(checked).ok_or("segment header is of another format")
    }

    fn fields(checked: &[u8]) -> Option<Self> {
        let rest = checked.strip_prefix(MAGIC)?;
        let (version, rest) = rest.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (_reserved, rest) = rest.split_first_chunk::<4>()?;
        let (journal_id, rest) = rest.split_first_chunk::<16>()?;
        let first = rest.first_chunk::<8>()?;
        (u16::from_le_bytes(*version) == VERSION && u16::from_le_bytes(*length) == HEADER_LENGTH).then(|| {
            Self {
                journal_id: Uuid::from_bytes(*journal_id),
                first: Position::new(u64::from_le_bytes(*first)),
            }
        })
    }
}

/// The file of the segment that begins with `first`.
pub(super) fn segment_path(dir: &Path, first: Position) -> PathBuf {
    dir.join(format!("{:020}.{EXTENSION}", first.get()))
}

/// The position that a segment's file name tells; none for other files.
pub(super) fn segment_of(path: &Path) -> Option<Position> {
    if path.extension()? != EXTENSION {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok().map(Position::new)
}

/// The length of a segment's header, in bytes; the first frame follows it.
pub(super) const HEADER_BYTES: usize = 64;
const HEADER_LENGTH: u16 = 64;
const CHECKED_BYTES: usize = 60;
const VERSION: u16 = 1;
const MAGIC: &[u8] = b"KWJOURNL";
const EXTENSION: &str = "segment";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_and_every_flipped_bit_is_noticed() {
        let header = SegmentHeader { journal_id: Uuid::from_u128(3), first: Position::new(42) };
        let bytes = header.encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(SegmentHeader::decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_file_is_named_by_its_first_position() {
        let path = segment_path(Path::new("/j"), Position::new(42));
        assert_eq!(path, Path::new("/j/00000000000000000042.segment"));
        assert_eq!(segment_of(&path), Some(Position::new(42)));
        assert_eq!(segment_of(Path::new("/j/cursor")), None);
    }
}

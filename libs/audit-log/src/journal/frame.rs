//! One entry on disk: length, checksum, position, event id, key, trace parent, payload. Integers are little-endian.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `n`: the length of all that follows the checksum; 0 marks the end of what was written |
//! | 4 | 4 | CRC-32C of the four length bytes and the `n` bytes after the checksum |
//! | 8 | 1 | kind: 1 = entry |
//! | 9 | 1 | flags: 0 |
//! | 10 | 2 | `k`: length of the partition key |
//! | 12 | 2 | `t`: length of the trace parent; 0 = none |
//! | 14 | 2 | reserved: 0 |
//! | 16 | 8 | position |
//! | 24 | 8 | durable: every position below this one was known to be durable when the frame was written |
//! | 32 | 16 | event id |
//! | 48 | `k` | partition key |
//! | 48 + `k` | `t` | trace parent |
//! | 48 + `k` + `t` | rest | payload |

use bytes::Bytes;
use uuid::Uuid;

use super::{JournalError, Position};
use crate::record::Entry;

/// The largest entry with its frame, in bytes. A CloudTrail record has at most 256 KiB.
pub const MAX_ENTRY_BYTES: u64 = 1_024 * 1_024;

/// The size of an entry on disk.
///
/// # Errors
/// When no journal takes an entry as large as this.
pub(super) fn encoded_len(entry: &Entry) -> Result<u64, JournalError> {
    let trace = entry.trace_parent.as_ref().map_or(0, |trace| trace.len());
    let bytes = (FIXED_BYTES + entry.partition_key.len() + trace + entry.payload.len()) as u64;
    let short = u16::try_from(entry.partition_key.len()).is_ok() && u16::try_from(trace).is_ok();
    if short && bytes <= MAX_ENTRY_BYTES {
        Ok(bytes)
    } else {
        Err(JournalError::TooLarge { bytes, limit: MAX_ENTRY_BYTES })
    }
}

/// Appends the frame of `entry` to `out`. The entry's size was checked by [`encoded_len`].
pub(super) fn encode(entry: &Entry, position: Position, durable: Position, out: &mut Vec<u8>) {
    let trace = entry.trace_parent.as_deref().unwrap_or_default().as_bytes();
    let body = FIXED_BYTES - PREFIX_BYTES + entry.partition_key.len() + trace.len() + entry.payload.len();
    let length = u32::try_from(body).unwrap_or(u32::MAX).to_le_bytes();
    let key_length = u16::try_from(entry.partition_key.len()).unwrap_or(u16::MAX).to_le_bytes();
    let trace_length = u16::try_from(trace.len()).unwrap_or(u16::MAX).to_le_bytes();

    let start = out.len();
    out.extend_from_slice(&length);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&[KIND_ENTRY, 0]);
    out.extend_from_slice(&key_length);
    out.extend_from_slice(&trace_length);
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&position.get().to_le_bytes());
    out.extend_from_slice(&durable.get().to_le_bytes());
    out.extend_from_slice(entry.event_id.as_bytes());
    out.extend_from_slice(&entry.partition_key);
    out.extend_from_slice(trace);
    out.extend_from_slice(&entry.payload);

    let written = out.get_mut(start..).and_then(|frame| frame.split_first_chunk_mut::<PREFIX_BYTES>());
    if let Some((prefix, body)) = written {
        let checksum = checksum(length, body).to_le_bytes();
        let [_, _, _, _, c0, c1, c2, c3] = prefix;
        [*c0, *c1, *c2, *c3] = checksum;
    }
}

/// What lies at a place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A whole, undamaged entry.
    Entry(FrameEntry),
    /// Nothing was written here.
    End,
    /// The frame goes on beyond the bytes given: so many are needed.
    Partial { needed: usize },
    /// Not a frame, or a damaged one.
    Bad(&'static str),
}

/// An entry as it lies on disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FrameEntry {
    pub(super) position: Position,
    pub(super) durable: Position,
    pub(super) entry: Entry,
    pub(super) bytes: usize,
}

/// Reads the frame at the start of `data`, sharing its memory.
pub(super) fn decode(data: &Bytes) -> Frame {
    let Some((length, rest)) = data.split_first_chunk::<4>() else {
        return Frame::Partial { needed: PREFIX_BYTES };
    };
    let body_length = u32::from_le_bytes(*length) as usize;
    if body_length == 0 {
        return Frame::End;
    }
    let bytes = PREFIX_BYTES.saturating_add(body_length);
    if bytes < FIXED_BYTES || bytes as u64 > MAX_ENTRY_BYTES {
        return Frame::Bad("frame length is out of range");
    }
    let Some((stored, rest)) = rest.split_first_chunk::<4>() else {
        return Frame::Partial { needed: bytes };
    };
    let Some(body) = rest.get(..body_length) else {
        return Frame::Partial { needed: bytes };
    };
    if checksum(*length, body) != u32::from_le_bytes(*stored) {
        return Frame::Bad("frame checksum does not match");
    }
    match decode_body(data, body, bytes) {
        Some(entry) => Frame::Entry(entry),
        None => Frame::Bad("frame is malformed"),
    }
}

/// The position that the bytes would have as a frame, checked or not: a cheap filter for [`decode`].
pub(super) fn claimed_position(data: &[u8]) -> Option<Position> {
    let field = data.get(POSITION_OFFSET..)?.first_chunk::<8>()?;
    Some(Position::new(u64::from_le_bytes(*field)))
}

fn decode_body(data: &Bytes, body: &[u8], bytes: usize) -> Option<FrameEntry> {
    let ([kind, _flags], rest) = body.split_first_chunk::<2>()?;
    let (key_length, rest) = rest.split_first_chunk::<2>()?;
    let (trace_length, rest) = rest.split_first_chunk::<2>()?;
    let (_reserved, rest) = rest.split_first_chunk::<2>()?;
    let (position, rest) = rest.split_first_chunk::<8>()?;
    let (durable, rest) = rest.split_first_chunk::<8>()?;
    let (event_id, rest) = rest.split_first_chunk::<16>()?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key_length)))?;
    let (trace, payload) = rest.split_at_checked(usize::from(u16::from_le_bytes(*trace_length)))?;
    if *kind != KIND_ENTRY {
        return None;
    }
    let trace_parent = match trace {
        [] => None,
        trace => Some(std::str::from_utf8(trace).ok()?.into()),
    };
    Some(FrameEntry {
        position: Position::new(u64::from_le_bytes(*position)),
        durable: Position::new(u64::from_le_bytes(*durable)),
        entry: Entry {
            event_id: Uuid::from_bytes(*event_id),
            partition_key: data.slice_ref(key),
            payload: data.slice_ref(payload),
            trace_parent,
        },
        bytes,
    })
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), body)
}

const KIND_ENTRY: u8 = 1;
const PREFIX_BYTES: usize = 8;
const POSITION_OFFSET: usize = 16;
/// The smallest frame: no key, no trace parent, no payload.
pub(super) const FIXED_BYTES: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> (Entry, Bytes) {
        let entry = Entry::new(Uuid::from_u128(7), "key", "payload").with_trace_parent(Some("00-01"));
        let mut out = Vec::new();
        encode(&entry, Position::new(9), Position::new(5), &mut out);
        (entry, Bytes::from(out))
    }

    #[test]
    fn an_entry_comes_back_as_it_was_written() {
        let (entry, bytes) = frame();
        assert_eq!(bytes.len() as u64, encoded_len(&entry).unwrap());
        assert_eq!(
            decode(&bytes),
            Frame::Entry(FrameEntry {
                position: Position::new(9),
                durable: Position::new(5),
                entry,
                bytes: bytes.len()
            })
        );
        assert_eq!(claimed_position(&bytes), Some(Position::new(9)));
    }

    #[test]
    fn every_shortened_frame_is_partial() {
        let (_, bytes) = frame();
        for length in 0..bytes.len() {
            assert!(matches!(decode(&bytes.slice(..length)), Frame::Partial { .. }), "length {length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (_, bytes) = frame();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = decode(&Bytes::from(flipped));
            assert!(!matches!(read, Frame::Entry(_)), "bit {bit}");
        }
    }

    #[test]
    fn too_large_an_entry_is_refused() {
        let entry = Entry::new(Uuid::nil(), "", vec![0; 1_024 * 1_024]);
        assert!(matches!(encoded_len(&entry), Err(JournalError::TooLarge { .. })));
        let entry = Entry::new(Uuid::nil(), vec![0; 65_536], "");
        assert!(matches!(encoded_len(&entry), Err(JournalError::TooLarge { .. })));
    }
}

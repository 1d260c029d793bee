//! From frame to frame through one segment.

use bytes::Bytes;

use super::Position;
use super::frame::{self, Frame};
use super::reader::StoredEntry;
use super::segment::HEADER_BYTES;

/// The frames of one segment, until they end.
pub(super) struct Walk {
    /// The position after the last entry.
    pub(super) next: Position,
    /// Where the frames end, in bytes.
    pub(super) end: u64,
    /// The bytes of the entries that are not acknowledged.
    pub(super) unacknowledged_bytes: u64,
    /// Why they end before the next segment begins.
    pub(super) wrong: Option<&'static str>,
    /// What lies behind them.
    pub(super) rest: Bytes,
}

impl Walk {
    /// Goes through `data`, a whole segment that begins with `first`; none of its entries is at `following` or behind it,
    /// where the next segment begins.
    pub(super) fn of(
        data: &Bytes,
        first: Position,
        following: Option<Position>,
        acknowledged: Position,
        mut each: impl FnMut(StoredEntry),
    ) -> Self {
        let rest = data.slice(HEADER_BYTES.min(data.len())..);
        let mut walk =
            Self { next: first, end: HEADER_BYTES as u64, unacknowledged_bytes: 0, wrong: None, rest };
        while following.is_none_or(|following| walk.next < following) {
            let reason = match frame::decode(&walk.rest) {
                Frame::Entry(found) if found.position == walk.next => {
                    if walk.next >= acknowledged {
                        walk.unacknowledged_bytes += found.bytes as u64;
                    }
                    walk.next = walk.next.next();
                    walk.end += found.bytes as u64;
                    let _frame = walk.rest.split_to(found.bytes);
                    each(StoredEntry { position: found.position, entry: found.entry });
                    continue;
                }
                Frame::Entry(_) => "frame has another position",
                Frame::End => "frame is missing",
                Frame::Partial { .. } => "frame is cut off",
                Frame::Bad(reason) => reason,
            };
            walk.wrong = Some(reason);
            break;
        }
        walk
    }

    /// What is damaged, if the frames end where anything shows that there was a durable one; else their end is merely torn.
    pub(super) fn damage(&self, following: Option<Position>, acknowledged: Position) -> Option<&'static str> {
        let reason = self.wrong?;
        let is_damage = following.is_some() || acknowledged > self.next || was_durable(&self.rest, self.next);
        is_damage.then_some(reason)
    }
}

/// Whether a later frame says that `position` was durable: then what lies there was damaged, not merely unfinished.
fn was_durable(data: &Bytes, position: Position) -> bool {
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

/// More entries than one segment holds.
const FAR_AWAY: u64 = 1 << 32;

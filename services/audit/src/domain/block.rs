//! How records are laid into blocks.

use super::event::Event;

/// Neighbours in the order of time that one block takes.
///
/// All are of one day. There are few enough, and they are small enough, that to unpack the block for one of them is cheap.
#[must_use]
pub fn blocks_of<'s, 'e>(events: &'s [&'e Event]) -> Vec<&'s [&'e Event]> {
    let mut blocks = Vec::with_capacity(events.len() / BLOCK_RECORDS + 1);
    let (mut rest, mut length, mut bytes) = (events, 0, 0);
    while let Some(event) = rest.get(length) {
        let full = length == BLOCK_RECORDS || bytes + event.record.len() > BLOCK_BYTES;
        let other_day = rest.first().is_some_and(|first| first.day() != event.day());
        if length > 0 && (full || other_day) {
            let (block, others) = rest.split_at(length);
            blocks.push(block);
            (rest, length, bytes) = (others, 0, 0);
        }
        length += 1;
        bytes += event.record.len();
    }
    if !rest.is_empty() {
        blocks.push(rest);
    }
    blocks
}

/// The most records of a block. Their numbers fit the column.
pub const BLOCK_RECORDS: usize = 64;
/// A block of more than one record has no more than this.
const BLOCK_BYTES: usize = 256 * 1_024;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn event(at: OffsetDateTime, bytes: usize) -> Event {
        let record: Bytes = format!(
            r#"{{"userIdentity":{{"type":"Root"}},"eventTime":"{}","eventSource":"s","eventName":"n","awsRegion":"r",
            "eventID":"6f1c3f5e-3d0c-4c5e-9a53-1c2b3d4e5f60","recipientAccountId":"1","pad":"{}"}}"#,
            at.format(&time::format_description::well_known::Rfc3339).unwrap(),
            "x".repeat(bytes)
        )
        .into();
        Event::read(&record, at).unwrap()
    }

    fn lengths(events: &[Event]) -> Vec<usize> {
        let events: Vec<&Event> = events.iter().collect();
        let blocks = blocks_of(&events);
        assert_eq!(blocks.concat().len(), events.len());
        blocks.iter().map(|block| block.len()).collect()
    }

    const NOON: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    #[test]
    fn a_block_is_bounded_by_number_and_by_bytes() {
        let events: Vec<_> = (0..130).map(|_| event(NOON, 10)).collect();
        assert_eq!(lengths(&events), [64, 64, 2]);
        let large = BLOCK_BYTES / 2;
        assert_eq!(lengths(&[large, 1, large, BLOCK_BYTES, 1].map(|bytes| event(NOON, bytes))), [2, 1, 1, 1]);
        assert!(lengths(&[]).is_empty());
    }

    #[test]
    fn a_block_is_of_one_day() {
        let times = [NOON, NOON + Duration::hours(11), NOON + Duration::hours(12), NOON + Duration::days(9)];
        assert_eq!(lengths(&times.map(|time| event(time, 1))), [2, 1, 1]);
    }
}

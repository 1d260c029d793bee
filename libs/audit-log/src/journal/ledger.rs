//! What the journal holds: its segments, and how many bytes of them are still needed.

use std::collections::VecDeque;

use super::Position;

/// Segments and unacknowledged bytes of one journal.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The first position of each segment on disk, oldest first.
    segments: VecDeque<Position>,
    acknowledged: Position,
    end: Position,
    /// Runs of entries that are not all acknowledged: where each ends, and its bytes.
    runs: VecDeque<(Position, u64)>,
    bytes: u64,
    run_bytes: u64,
}

impl Ledger {
    /// A ledger of no segments, from `acknowledged` on. Bytes are counted in runs of at least `run_bytes`.
    pub(super) fn new(acknowledged: Position, run_bytes: u64) -> Self {
        Self {
            segments: VecDeque::new(),
            acknowledged,
            end: acknowledged,
            runs: VecDeque::new(),
            bytes: 0,
            run_bytes,
        }
    }

    /// A new segment begins with `first`; one that began there before is replaced.
    pub(super) fn segment_begun(&mut self, first: Position) {
        if self.segments.back() != Some(&first) {
            self.segments.push_back(first);
        }
    }

    /// Entries up to (not including) `end` have become durable, with so many bytes.
    pub(super) fn appended(&mut self, end: Position, bytes: u64) {
        self.end = end;
        self.bytes += bytes;
        match self.runs.back_mut() {
            Some((run_end, run)) if *run < self.run_bytes => {
                *run_end = end;
                *run += bytes;
            }
            _ => self.runs.push_back((end, bytes)),
        }
    }

    /// Everything before `next` is acknowledged. Returns the bytes that are no longer counted; none if it went backwards.
    pub(super) fn acknowledge(&mut self, next: Position) -> u64 {
        let next = next.min(self.end);
        if next <= self.acknowledged {
            return 0;
        }
        self.acknowledged = next;
        let mut freed = 0;
        while let Some((_, bytes)) = self.runs.pop_front_if(|(end, _)| *end <= next) {
            freed += bytes;
        }
        self.bytes = self.bytes.saturating_sub(freed);
        freed
    }

    /// Takes the segments off the ledger of which all is acknowledged. The newest always stays: it carries the numbering.
    pub(super) fn take_freed(&mut self, acknowledged: Position) -> Vec<Position> {
        let mut freed = Vec::new();
        while let Some(second) = self.segments.get(1)
            && *second <= acknowledged
            && let Some(first) = self.segments.pop_front()
        {
            freed.push(first);
        }
        freed
    }

    /// The segment that holds `position`, if it is still there.
    pub(super) fn segment_of(&self, position: Position) -> Option<Position> {
        let after = self.segments.partition_point(|first| *first <= position);
        after.checked_sub(1).and_then(|index| self.segments.get(index)).copied()
    }

    /// The oldest position on disk.
    pub(super) fn oldest(&self) -> Position {
        self.segments.front().copied().unwrap_or(self.end)
    }

    /// Everything before this is acknowledged.
    pub(super) fn acknowledged(&self) -> Position {
        self.acknowledged
    }

    /// How many entries and bytes are not acknowledged. The bytes may count some that are, of the oldest run.
    pub(super) fn unacknowledged(&self) -> (u64, u64) {
        (self.end.since(self.acknowledged), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frees_whole_segments_but_never_the_newest() {
        let mut ledger = Ledger::new(Position::FIRST, 100);
        ledger.segment_begun(Position::new(1));
        ledger.appended(Position::new(11), 100);
        ledger.segment_begun(Position::new(11));
        ledger.segment_begun(Position::new(11));
        ledger.appended(Position::new(21), 100);

        assert_eq!(ledger.acknowledge(Position::new(10)), 0);
        assert!(ledger.take_freed(ledger.acknowledged()).is_empty());
        assert_eq!(ledger.unacknowledged(), (11, 200));
        assert_eq!(ledger.acknowledge(Position::new(11)), 100);
        assert_eq!(ledger.take_freed(ledger.acknowledged()), [Position::new(1)]);
        assert_eq!(ledger.acknowledge(Position::new(5)), 0);
        assert_eq!(ledger.acknowledge(Position::new(99)), 100);
        assert_eq!(ledger.acknowledged(), Position::new(21));
        assert!(ledger.take_freed(ledger.acknowledged()).is_empty());
        assert_eq!(ledger.oldest(), Position::new(11));
        assert_eq!(ledger.unacknowledged(), (0, 0));
    }

    #[test]
    fn finds_the_segment_of_a_position() {
        let mut ledger = Ledger::new(Position::new(5), 1);
        ledger.segment_begun(Position::new(5));
        ledger.segment_begun(Position::new(9));
        assert_eq!(ledger.segment_of(Position::new(4)), None);
        assert_eq!(ledger.segment_of(Position::new(8)), Some(Position::new(5)));
        assert_eq!(ledger.segment_of(Position::new(9)), Some(Position::new(9)));
        assert_eq!(ledger.segment_of(Position::new(900)), Some(Position::new(9)));
    }
}

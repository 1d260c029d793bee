//! Moments by chance; the seed is printed, so that a run can be had again.

use std::time::Duration;

/// A small generator (xorshift*): chance for tests, nothing to guess for anybody.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `bound`; 0 for none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap_or_default().checked_rem(bound).unwrap_or_default()
    }

    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = usize::try_from((most.saturating_sub(least)).as_millis()).unwrap_or_default();
        least + Duration::from_millis(self.below(span.max(1)) as u64)
    }

    pub(crate) fn short_pause(&mut self) -> Duration {
        self.between(Duration::from_millis(5), Duration::from_millis(30))
    }
}

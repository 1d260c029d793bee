//! A token bucket in one word: the generic cell rate algorithm.
//!
//! A bucket remembers only when it will be full again. A call moves that moment on by the time in which one token comes;
//! it is refused where that would be further ahead than the whole bucket takes to fill.

use std::sync::atomic::{AtomicU64, Ordering};

/// How fast tokens come, and how many there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In which time one token comes, in nanoseconds.
    interval: u64,
    /// In which time an empty bucket fills.
    full: u64,
}

impl Rate {
    /// So many in a second, all of which may come at once; below one a second, one at a time. None for what isn't a
    /// positive number, or so high that it can't be counted.
    #[must_use]
    pub fn per_second(calls: f64) -> Option<Self> {
        if !(MIN_PER_SECOND..=MAX_PER_SECOND).contains(&calls) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds above"
        )]
        let (interval, burst) = ((NANOS_PER_SECOND / calls) as u64, calls.ceil() as u64);
        Some(Self { interval, full: interval.saturating_mul(burst) })
    }
}

/// A bucket, which begins full.
#[derive(Debug, Default)]
pub struct Bucket {
    /// When it will be full again, in nanoseconds.
    full_at: AtomicU64,
}

impl Bucket {
    /// Takes a token, if there is one at `now`, in nanoseconds of any clock.
    pub fn take(&self, rate: Rate, now: u64) -> bool {
        let next = |full_at: u64| {
            // Further ahead than it can be: the clock was set back since.
            let full_at = if full_at > now.saturating_add(rate.full) { now } else { full_at };
            let next = full_at.max(now).saturating_add(rate.interval);
            (next - now <= rate.full).then_some(next)
        };
        self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

const NANOS_PER_SECOND: f64 = 1e9;
const MIN_PER_SECOND: f64 = 0.001;
const MAX_PER_SECOND: f64 = 1e8;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rate(calls: f64) -> Rate {
        Rate::per_second(calls).unwrap()
    }

    fn taken(bucket: &Bucket, rate: Rate, now: u64, tries: u32) -> u32 {
        (0..tries).map(|_| u32::from(bucket.take(rate, now))).sum()
    }

    #[test]
    fn a_seconds_calls_may_come_at_once_and_then_as_fast_as_tokens_do() {
        let (bucket, rate) = (Bucket::default(), rate(5.0));
        let now = 1_000 * SECOND;
        assert_eq!(taken(&bucket, rate, now, 20), 5);
        assert_eq!(taken(&bucket, rate, now + SECOND / 5, 20), 1);
        assert_eq!(taken(&bucket, rate, now + SECOND, 20), 4);
        assert_eq!(taken(&bucket, rate, now + 100 * SECOND, 20), 5, "it holds no more than it can");
    }

    #[test]
    fn less_than_one_a_second_is_one_at_a_time() {
        let (bucket, rate) = (Bucket::default(), rate(0.25));
        let now = 1_000 * SECOND;
        assert_eq!(taken(&bucket, rate, now, 5), 1);
        assert_eq!(taken(&bucket, rate, now + 4 * SECOND - 1, 5), 0);
        assert_eq!(taken(&bucket, rate, now + 4 * SECOND, 5), 1);
    }

    #[test]
    fn a_year_of_calls_is_as_many_as_the_rate_says() {
        let (bucket, rate) = (Bucket::default(), rate(0.5));
        let day = 86_400 * SECOND;
        let taken: u32 = (1..=365).map(|at| taken(&bucket, rate, at * day, 2)).sum();
        assert_eq!(taken, 365, "one a day: only one token fits in");
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (bucket, rate) = (Bucket::default(), rate(5.0));
        assert_eq!(taken(&bucket, rate, 1_000_000 * SECOND, 20), 5);
        assert_eq!(taken(&bucket, rate, 1_000 * SECOND, 20), 5);
    }

    #[test]
    fn callers_at_once_get_no_more_than_there_is() {
        let bucket = Arc::new(Bucket::default());
        let threads = (0..4).map(|_| {
            let bucket = Arc::clone(&bucket);
            std::thread::spawn(move || taken(&bucket, rate(1_000.0), SECOND, 1_000))
        });
        let threads: Vec<_> = threads.collect();
        let taken: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(taken, 1_000);
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for calls in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12, 1e-9] {
            assert_eq!(Rate::per_second(calls), None, "{calls}");
        }
    }
}

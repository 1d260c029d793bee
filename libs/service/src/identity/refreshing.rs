//! Answers kept for a while: served at once while fresh, asked for again before they age, used longer while identity is
//! away.

use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tokio::runtime::Handle;

use super::ask::NotAnswered;
use super::flights::Flights;
use super::lifetime::{Age, Lifetime, Millis};
use super::metrics;
use super::shards::Shards;

/// Answers of one kind.
pub(super) struct Refreshing<K, V> {
    shards: Shards<K, Slot<V>>,
    pub(super) flights: Flights<K, V>,
    /// Counts the invalidations, so that no answer to an earlier question survives one.
    generation: AtomicU64,
}

struct Slot<V> {
    answer: V,
    lifetime: Lifetime,
    /// When it may be asked for again, in milliseconds since 1970.
    next_try: AtomicI64,
    /// The last question for it found identity away.
    failing: AtomicBool,
}

/// An answer that is served without waiting.
pub(super) struct Served<V> {
    pub(super) answer: V,
    /// It should be asked for again now; said to one of those who are served.
    pub(super) refresh: bool,
}

/// The invalidations before a question was asked.
#[derive(Clone, Copy)]
pub(super) struct Generation(u64);

impl<K: Eq + Hash + Clone + Send + 'static, V: Clone + Send + Sync + 'static> Refreshing<K, V> {
    /// Keeps about `capacity` answers; asks on `runtime`.
    pub(super) fn new(capacity: usize, runtime: Handle) -> Self {
        Self { shards: Shards::new(capacity), flights: Flights::new(runtime), generation: AtomicU64::new(0) }
    }

    /// What can be served without waiting.
    pub(super) fn served(&self, hash: u64, now: Millis, is: impl FnOnce(&K) -> bool) -> Option<Served<V>> {
        let served = self.shards.read(hash, now.seconds(), is, |entry| entry.value.serve_at(now))??;
        Some(served)
    }

    /// What may still be used while identity is away.
    pub(super) fn usable(&self, hash: u64, key: &K, now: Millis) -> Option<V> {
        let usable = |slot: &Slot<V>| (slot.lifetime.age_at(now) < Age::Over).then(|| slot.answer.clone());
        self.shards.read(hash, now.seconds(), |kept| kept == key, |entry| usable(&entry.value))?
    }

    /// Whether there is an answer, however old.
    pub(super) fn has(&self, hash: u64, key: &K, now: Millis) -> bool {
        self.shards.read(hash, now.seconds(), |kept| kept == key, |_| ()).is_some()
    }

    /// To be taken before a question is asked, and given to [`settle`](Self::settle).
    pub(super) fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// Keeps what was answered, or drops what was kept and is no more true.
    pub(super) fn settle(
        &self,
        hash: u64,
        key: K,
        now: Millis,
        asked_in: Generation,
        outcome: Result<(V, Lifetime), NotAnswered>,
    ) -> Result<V, NotAnswered> {
        match outcome {
            Ok((answer, lifetime)) => {
                let slot = Slot {
                    answer: answer.clone(),
                    lifetime,
                    next_try: AtomicI64::new(0),
                    failing: AtomicBool::new(false),
                };
                self.shards.insert(hash, now.seconds(), key.clone(), slot);
                // Behind the insertion: an invalidation in between has either removed it, or is seen here.
                if self.generation.load(Ordering::SeqCst) != asked_in.0 {
                    self.shards.remove(hash, &key);
                }
                Ok(answer)
            }
            Err(error @ NotAnswered::Unavailable(_)) => {
                let mark = |slot: &Slot<V>| slot.failing.store(true, Ordering::Relaxed);
                self.shards.read(hash, now.seconds(), |kept| *kept == key, |entry| mark(&entry.value));
                Err(error)
            }
            Err(error @ (NotAnswered::Unknown | NotAnswered::InvalidToken | NotAnswered::Expired)) => {
                self.shards.remove(hash, &key);
                Err(error)
            }
        }
    }

    /// Drops the answers that `stale` says are no more true, and those that are on their way.
    pub(super) fn invalidate(&self, stale: impl Fn(&V) -> bool) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.shards.retain(|_, slot| !stale(&slot.answer));
    }

    /// How many answers are kept.
    pub(super) fn len(&self) -> usize {
        self.shards.len()
    }
}

impl<V: Clone> Slot<V> {
    fn serve_at(&self, now: Millis) -> Option<Served<V>> {
        let refresh = match self.lifetime.age_at(now) {
            Age::Fresh => false,
            Age::Ripe => self.claim_try(now),
            // Nobody waits for identity again and again while it is known to be away.
            Age::Stale if self.failing.load(Ordering::Relaxed) => {
                metrics::stale_used();
                self.claim_try(now)
            }
            Age::Stale | Age::Over => return None,
        };
        Some(Served { answer: self.answer.clone(), refresh })
    }

    /// Says true to one caller in a second.
    fn claim_try(&self, now: Millis) -> bool {
        let next = self.next_try.load(Ordering::Relaxed);
        now.0 >= next
            && self
                .next_try
                .compare_exchange(
                    next,
                    now.0.saturating_add(TRY_INTERVAL_MS),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }
}

const TRY_INTERVAL_MS: i64 = 1_000;

//! Lists of what is below paths, each until something below its path changes.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::metrics::Metrics;
use super::{MemorySection, Moment, Remembered};

/// Lists that were read, by what was asked for.
///
/// Each is kept with the moment of [`Memory::now_below`](super::Memory::now_below) before it was read, and is good as long as
/// that is still the moment.
pub struct Lists<K, V> {
    entries: Cache<K, (Moment, Arc<V>), ByBytes>,
    metrics: Metrics,
}

impl<K: Remembered + Hash + Eq, V: Remembered> Lists<K, V> {
    /// None yet, of what is in this database. Metrics call them `kind`.
    #[must_use]
    pub fn new(kind: &'static str, section: MemorySection, database: &str) -> Self {
        let bytes = section.bytes();
        let lists = usize::try_from(bytes / USUAL_SIZE).unwrap_or(usize::MAX).max(1);
        let metrics = Metrics::new(database, kind);
        Self { entries: Cache::with_weighter(lists, bytes, ByBytes), metrics }
    }

    /// What was read for this, if that is what would be read now. Nothing is while there is no moment.
    #[must_use]
    pub fn get(&self, asked: &K, now: Option<Moment>) -> Option<Arc<V>> {
        let kept = now.and_then(|now| self.entries.get(asked).filter(|(moment, _)| *moment == now));
        self.metrics.read(kept.is_some());
        kept.map(|(_, list)| list)
    }

    /// Keeps what was read behind this moment.
    pub fn keep(&self, asked: K, moment: Moment, list: Arc<V>) {
        self.entries.insert(asked, (moment, list));
        self.metrics.set_bytes(self.entries.weight());
    }
}

#[derive(Clone)]
struct ByBytes;

impl<K: Remembered, V: Remembered> Weighter<K, (Moment, Arc<V>)> for ByBytes {
    fn weight(&self, asked: &K, (_, list): &(Moment, Arc<V>)) -> u64 {
        let bytes = size_of::<K>() + asked.bytes() + size_of::<V>() + list.bytes();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// From which the number of lists is guessed.
const USUAL_SIZE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(mebibytes: u64) -> Lists<String, String> {
        Lists::new("lists", MemorySection { mebibytes }, "test")
    }

    #[test]
    fn a_list_is_good_at_the_moment_of_its_reading_only() {
        let lists = lists(1);
        let asked = "a".to_owned();
        lists.keep(asked.clone(), Moment(1), Arc::new("x, y".to_owned()));
        assert_eq!(lists.get(&asked, Some(Moment(1))).as_deref(), Some(&"x, y".to_owned()));
        assert_eq!(lists.get(&asked, Some(Moment(2))), None);
        assert_eq!(lists.get(&asked, None), None);
        assert_eq!(lists.get(&"b".to_owned(), Some(Moment(1))), None);
        lists.keep(asked.clone(), Moment(2), Arc::new("x".to_owned()));
        assert_eq!(lists.get(&asked, Some(Moment(2))).as_deref(), Some(&"x".to_owned()));
    }

    #[test]
    fn no_more_is_kept_than_was_allowed() {
        let lists = lists(1);
        for number in 0..100 {
            lists.keep(number.to_string(), Moment(0), Arc::new("x".repeat(100_000)));
        }
        assert!((1..=10).contains(&lists.entries.len()), "{}", lists.entries.len());
        let none = self::lists(0);
        none.keep("a".to_owned(), Moment(0), Arc::new("x".to_owned()));
        assert_eq!(none.get(&"a".to_owned(), Some(Moment(0))), None);
    }
}

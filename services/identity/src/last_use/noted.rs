//! Uses in memory, on their way to the database.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;

use super::Use;

/// The last use of each that was used lately.
pub(super) struct Noted<K>(Mutex<Parts<K>>);

struct Parts<K> {
    /// Used since the last flush began.
    fresh: HashMap<K, Use>,
    /// Being written, or not written by the last flush.
    leaving: HashMap<K, Use>,
}

impl<K> Default for Noted<K> {
    fn default() -> Self {
        Self(Mutex::new(Parts { fresh: HashMap::new(), leaving: HashMap::new() }))
    }
}

impl<K: Clone + Eq + Hash> Noted<K> {
    /// Notes a use, unless a later one is noted or there is no room for another one.
    pub(super) fn note(&self, key: K, used: Use) {
        let mut parts = self.0.lock();
        let full = parts.fresh.len() + parts.leaving.len() >= MOST;
        match parts.fresh.get_mut(&key) {
            Some(noted) if noted.at < used.at => *noted = used,
            Some(_) => {}
            None if full => {}
            None => {
                parts.fresh.insert(key, used);
            }
        }
    }

    /// The last use that is noted.
    pub(super) fn get(&self, key: &K) -> Option<Use> {
        let parts = self.0.lock();
        Use::later(parts.fresh.get(key).cloned(), parts.leaving.get(key).cloned())
    }

    /// All that is noted. It stays noted until it has [left](Self::left).
    pub(super) fn leaving(&self) -> Vec<(K, Use)> {
        let mut parts = self.0.lock();
        let Parts { fresh, leaving } = &mut *parts;
        for (key, used) in fresh.drain() {
            let later = Use::later(Some(used), leaving.remove(&key));
            leaving.extend(later.map(|later| (key, later)));
        }
        leaving.iter().map(|(key, used)| (key.clone(), used.clone())).collect()
    }

    /// What was leaving is written.
    pub(super) fn left(&self) {
        self.0.lock().leaving = HashMap::new();
    }
}

/// Of so many uses are noted between two flushes; that takes about 20 MB.
const MOST: usize = 100_000;

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn used(second: i64) -> Use {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(second);
        Use { at, region: "us-east-1".into(), service: "kms".into() }
    }

    #[test]
    fn the_latest_use_counts_in_whichever_order_they_are_noted() {
        let noted = Noted::default();
        for second in [2, 3, 1] {
            noted.note("a", used(second));
        }
        assert_eq!(noted.get(&"a"), Some(used(3)));
        assert_eq!(noted.get(&"b"), None);
    }

    #[test]
    fn what_leaves_is_known_until_it_has_left() {
        let noted = Noted::default();
        noted.note("a", used(1));
        assert_eq!(noted.leaving(), [("a", used(1))]);
        assert_eq!(noted.get(&"a"), Some(used(1)));
        // Not written; meanwhile it is used again.
        noted.note("a", used(2));
        assert_eq!(noted.leaving(), [("a", used(2))]);
        noted.note("a", used(3));
        noted.left();
        assert_eq!(noted.get(&"a"), Some(used(3)));
        assert_eq!(noted.leaving(), [("a", used(3))]);
        noted.left();
        assert!(noted.leaving().is_empty());
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let noted = Noted::default();
        for number in 0..MOST + 10 {
            noted.note(number, used(1));
        }
        assert_eq!(noted.leaving().len(), MOST);
        noted.note(MOST + 1, used(1));
        assert_eq!(noted.get(&(MOST + 1)), None, "what isn't written counts");
    }
}

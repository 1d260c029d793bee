//! Uses in memory, on their way to the database.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::domain::entry::KeyName;
use crate::domain::usage::KeyUsage;

/// The last use of each key that was used lately. Keys are spread over parts, so that requests don't wait for each other.
pub(super) struct Noted {
    parts: [Mutex<Part>; PARTS],
    keys_in_part: usize,
    much: Notify,
}

#[derive(Default)]
struct Part {
    /// Used since the last flush began.
    fresh: HashMap<KeyName, KeyUsage>,
    /// Being written, or not written by the last flush.
    leaving: HashMap<KeyName, KeyUsage>,
}

impl Noted {
    /// For about this number of keys at most.
    pub(super) fn new(keys: usize) -> Self {
        let parts = std::array::from_fn(|_| Mutex::default());
        Self { parts, keys_in_part: keys.div_ceil(PARTS), much: Notify::new() }
    }

    /// Notes a use, unless a later one is noted; false when there is no room for another key.
    pub(super) fn note(&self, name: KeyName, usage: KeyUsage) -> bool {
        let Some(part) = self.part(name) else { return false };
        let mut part = part.lock();
        let keys = part.fresh.len() + part.leaving.len();
        match part.fresh.entry(name) {
            Entry::Occupied(mut noted) => {
                let later = usage.later(Some(*noted.get()));
                noted.insert(later);
            }
            Entry::Vacant(_) if keys >= self.keys_in_part => return false,
            Entry::Vacant(vacant) => {
                vacant.insert(usage);
                if keys >= self.keys_in_part / 2 {
                    self.much.notify_one();
                }
            }
        }
        true
    }

    /// The last use that is noted of a key.
    pub(super) fn get(&self, name: KeyName) -> Option<KeyUsage> {
        let part = self.part(name)?.lock();
        let leaving = part.leaving.get(&name).copied();
        part.fresh.get(&name).map(|fresh| fresh.later(leaving)).or(leaving)
    }

    /// All that is noted. It stays noted until it has [left](Self::left).
    pub(super) fn leaving(&self) -> Vec<(KeyName, KeyUsage)> {
        let mut all = Vec::new();
        for part in &self.parts {
            let mut part = part.lock();
            let Part { fresh, leaving } = &mut *part;
            for (name, usage) in fresh.drain() {
                let later = usage.later(leaving.get(&name).copied());
                leaving.insert(name, later);
            }
            all.extend(leaving.iter().map(|(name, usage)| (*name, *usage)));
        }
        all
    }

    /// What was leaving is written.
    pub(super) fn left(&self) {
        for part in &self.parts {
            part.lock().leaving = HashMap::new();
        }
    }

    /// Waits until so much is noted that a flush is due.
    pub(super) async fn much(&self) {
        self.much.notified().await;
    }

    fn part(&self, name: KeyName) -> Option<&Mutex<Part>> {
        // Key ids are random.
        let [.., last] = name.id.uuid().as_bytes();
        self.parts.get(usize::from(*last) % PARTS)
    }
}

const PARTS: usize = 16;

#[cfg(test)]
mod tests {
    use keywright_aws_api::AccountId;
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    use super::*;
    use crate::domain::key_id::KeyId;
    use crate::domain::usage::KeyLastUsageTrackingOperation;

    fn name(number: u128) -> KeyName {
        let account = AccountId::parse("000000000000").unwrap();
        KeyName { account, id: KeyId::single_region(Uuid::from_u128(number)) }
    }

    fn usage(second: i64) -> KeyUsage {
        KeyUsage {
            operation: KeyLastUsageTrackingOperation::Sign,
            at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(second),
            event_id: Uuid::nil(),
            request_id: Uuid::nil(),
        }
    }

    #[test]
    fn the_latest_use_counts_in_whichever_order_they_are_noted() {
        let noted = Noted::new(100);
        for second in [2, 3, 1] {
            assert!(noted.note(name(1), usage(second)));
        }
        assert_eq!(noted.get(name(1)), Some(usage(3)));
        assert_eq!(noted.get(name(2)), None);
    }

    #[test]
    fn what_leaves_is_known_until_it_has_left() {
        let noted = Noted::new(100);
        noted.note(name(1), usage(1));
        assert_eq!(noted.leaving(), [(name(1), usage(1))]);
        assert_eq!(noted.get(name(1)), Some(usage(1)));
        // Not written; meanwhile it is used again.
        noted.note(name(1), usage(2));
        assert_eq!(noted.leaving(), [(name(1), usage(2))]);
        noted.note(name(1), usage(3));
        noted.left();
        assert_eq!(noted.get(name(1)), Some(usage(3)));
        assert_eq!(noted.leaving(), [(name(1), usage(3))]);
        noted.left();
        assert_eq!(noted.get(name(1)), None);
        assert!(noted.leaving().is_empty());
    }

    #[tokio::test]
    async fn it_asks_for_a_flush_before_it_is_full_and_never_grows_beyond_its_bound() {
        let noted = Noted::new(160);
        let kept = (0..1_000).filter(|number| noted.note(name(*number), usage(1))).count();
        assert_eq!(kept, 160);
        noted.much().await;
        assert!(noted.note(name(0), usage(2)), "a key that is there is noted all the same");
        assert_eq!(noted.leaving().len(), 160);
        assert!(!noted.note(name(2_000), usage(1)), "what isn't written counts");
        noted.left();
        assert!(noted.note(name(2_000), usage(1)));
    }
}

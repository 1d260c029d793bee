//! A bounded map that is read without a lock.
//!
//! Readers see a whole map through an atomic pointer and wait for nobody. Writers copy one of the shards: entries come
//! rarely (a new principal), while their content is replaced in place.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;

/// An entry, with the time of its last use.
pub(super) struct Entry<K, V> {
    pub(super) key: K,
    pub(super) value: V,
    used_at: AtomicI64,
}

impl<K, V> Entry<K, V> {
    /// Notes the use; writes only once a second, as the entry is shared between all threads.
    fn touch(&self, second: i64) {
        if self.used_at.load(Ordering::Relaxed) != second {
            self.used_at.store(second, Ordering::Relaxed);
        }
    }
}

type Shard<K, V> = HashMap<u64, Arc<Entry<K, V>>, BuildHasherDefault<Hashed>>;

/// The keys of the maps inside are hashes already.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Not used: the keys are 64-bit numbers.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The map. Keys come with their hash, which the owner computes under a random key: so nobody can choose keys that
/// fall into one place, and an equal hash of two keys costs a miss.
pub(super) struct Shards<K, V> {
    shards: Box<[ArcSwap<Shard<K, V>>]>,
    per_shard: usize,
}

impl<K: PartialEq, V> Shards<K, V> {
    /// A map for about `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        let shards = (0..SHARDS).map(|_| ArcSwap::from_pointee(Shard::default())).collect();
        Self { shards, per_shard: capacity.div_ceil(SHARDS).max(1) }
    }

    /// What `read` makes of the entry with this hash, if `is` says that its key is the one.
    pub(super) fn read<R>(
        &self,
        hash: u64,
        second: i64,
        is: impl FnOnce(&K) -> bool,
        read: impl FnOnce(&Arc<Entry<K, V>>) -> R,
    ) -> Option<R> {
        let shard = self.shard(hash)?.load();
        let entry = shard.get(&hash).filter(|entry| is(&entry.key))?;
        entry.touch(second);
        Some(read(entry))
    }

    /// Puts an entry in. A full shard loses the entry that was used longest ago.
    pub(super) fn insert(&self, hash: u64, second: i64, key: K, value: V) {
        let entry = Arc::new(Entry { key, value, used_at: AtomicI64::new(second) });
        let Some(shard) = self.shard(hash) else {
            return;
        };
        shard.rcu(|old| {
            let mut new = Shard::clone(old);
            if !new.contains_key(&hash) && new.len() >= self.per_shard {
                let oldest = new.iter().min_by_key(|(_, entry)| entry.used_at.load(Ordering::Relaxed));
                if let Some(oldest) = oldest.map(|(hash, _)| *hash) {
                    new.remove(&oldest);
                }
            }
            new.insert(hash, Arc::clone(&entry));
            new
        });
    }

    /// Takes out what `keep` refuses.
    pub(super) fn retain(&self, keep: impl Fn(&K, &V) -> bool) {
        for shard in &self.shards {
            if shard.load().values().all(|entry| keep(&entry.key, &entry.value)) {
                continue;
            }
            shard.rcu(|old| {
                let kept = old.iter().filter(|(_, entry)| keep(&entry.key, &entry.value));
                kept.map(|(hash, entry)| (*hash, Arc::clone(entry))).collect::<Shard<K, V>>()
            });
        }
    }

    /// Takes one entry out.
    pub(super) fn remove(&self, hash: u64, key: &K) {
        if let Some(shard) = self.shard(hash)
            && shard.load().get(&hash).is_some_and(|entry| entry.key == *key)
        {
            shard.rcu(|old| {
                let mut new = Shard::clone(old);
                new.remove(&hash);
                new
            });
        }
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.load().len()).sum()
    }

    /// By bits in the middle, as the maps inside use the lowest and the highest ones.
    fn shard(&self, hash: u64) -> Option<&ArcSwap<Shard<K, V>>> {
        self.shards.get((hash >> 40) as usize % SHARDS)
    }
}

const SHARDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_by_hash_and_key() {
        let map = Shards::new(100);
        map.insert(7, 0, "a", 1);
        assert_eq!(map.read(7, 0, |key| *key == "a", |entry| entry.value), Some(1));
        assert_eq!(map.read(7, 0, |key| *key == "b", |entry| entry.value), None);
        assert_eq!(map.read(8, 0, |_| true, |entry| entry.value), None);
        map.insert(7, 0, "b", 2);
        assert_eq!(map.read(7, 0, |key| *key == "b", |entry| entry.value), Some(2));
        map.remove(7, &"a");
        assert_eq!(map.len(), 1);
        map.remove(7, &"b");
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn a_full_map_loses_what_was_not_used() {
        let map = Shards::new(2 * SHARDS);
        // All of these fall into the first shard.
        map.insert(1, 0, 1, ());
        map.insert(2, 1, 2, ());
        assert!(map.read(1, 2, |_| true, |_| ()).is_some());
        map.insert(3, 3, 3, ());
        assert!(map.read(1, 3, |_| true, |_| ()).is_some());
        assert!(map.read(2, 3, |_| true, |_| ()).is_none());
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn it_stays_bounded() {
        let map = Shards::new(SHARDS);
        for hash in 0..10_000_u64 {
            map.insert(hash << 30, 0, hash, ());
        }
        assert!(map.len() <= SHARDS);
        map.retain(|key, ()| *key % 2 == 0);
        map.retain(|_, ()| false);
        assert_eq!(map.len(), 0);
    }
}

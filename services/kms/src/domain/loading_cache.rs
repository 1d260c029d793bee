//! A bounded cache that loads what it lacks, each thing once at a time, and never keeps what was loaded too early.
//!
//! A load that began before an invalidation may have read the old state. So an invalidation also forgets the running load:
//! its result still answers those who waited for it (their requests began before the change was told), but isn't kept,
//! and who asks later starts a new one.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::error::Error;

/// A bounded cache with one load at a time for each key. Evicted and invalidated values are dropped at once.
pub struct LoadingCache<K, V> {
    entries: Cache<K, Arc<V>>,
    flights: Mutex<Flights<K, V>>,
}

struct Flights<K, V> {
    running: HashMap<K, Flight<V>>,
    next_number: u64,
}

struct Flight<V> {
    number: u64,
    outcome: Outcome<V>,
}

type Outcome<V> = Shared<BoxFuture<'static, Result<Arc<V>, Arc<Error>>>>;

impl<K, V> LoadingCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A cache that keeps at most `capacity` values.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        let flights = Flights { running: HashMap::new(), next_number: 0 };
        Arc::new(Self { entries: Cache::new(capacity), flights: Mutex::new(flights) })
    }

    /// What is kept.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<Arc<V>> {
        self.entries.get(key)
    }

    /// Loads, or joins the load that runs. The load goes on if the caller is dropped.
    ///
    /// # Errors
    /// What the load failed with; failures aren't kept.
    pub async fn load<F>(self: &Arc<Self>, key: K, load: impl FnOnce() -> F) -> Result<Arc<V>, Arc<Error>>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        self.join(key, load).await
    }

    /// Drops what is kept under the key, and keeps nothing of what is being loaded.
    pub fn invalidate(&self, key: &K) {
        // Under the lock, so that no landing load can come in between.
        let mut flights = self.flights.lock();
        flights.running.remove(key);
        self.entries.remove(key);
    }

    /// Drops everything.
    pub fn clear(&self) {
        let mut flights = self.flights.lock();
        flights.running.clear();
        self.entries.clear();
    }

    /// How many values are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn join<F>(self: &Arc<Self>, key: K, load: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let mut flights = self.flights.lock();
        if let Some(flight) = flights.running.get(&key) {
            return flight.outcome.clone();
        }
        let number = flights.next_number;
        flights.next_number += 1;
        let (cache, name, load) = (Arc::clone(self), key.clone(), load());
        let task = tokio::spawn(async move {
            let outcome = load.await.map(Arc::new).map_err(Arc::new);
            cache.land(name, number, outcome.as_ref().ok());
            outcome
        });
        let outcome =
            task.map(|joined| joined.unwrap_or_else(|_| Err(Arc::new(Error::LoadEnded)))).boxed().shared();
        flights.running.insert(key, Flight { number, outcome: outcome.clone() });
        outcome
    }

    /// Keeps what was loaded, unless it was invalidated meanwhile.
    fn land(&self, key: K, number: u64, loaded: Option<&Arc<V>>) {
        let mut flights = self.flights.lock();
        if flights.running.get(&key).is_none_or(|flight| flight.number != number) {
            return;
        }
        flights.running.remove(&key);
        if let Some(value) = loaded {
            self.entries.insert(key, Arc::clone(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn concurrent_lookups_load_once() {
        let cache = LoadingCache::<u8, u32>::new(10);
        let loads = Arc::new(AtomicUsize::new(0));
        let (release, released) = oneshot::channel::<()>();
        let released = released.shared();
        let lookups = (0..20).map(|_| {
            let (cache, loads, released) = (Arc::clone(&cache), Arc::clone(&loads), released.clone());
            tokio::spawn(async move {
                let load = || async move {
                    loads.fetch_add(1, Ordering::SeqCst);
                    released.await.ok();
                    Ok(7)
                };
                cache.load(1, load).await.map(|value| *value)
            })
        });
        let lookups: Vec<_> = lookups.collect();
        tokio::task::yield_now().await;
        release.send(()).unwrap();
        for lookup in lookups {
            assert_eq!(lookup.await.unwrap().unwrap(), 7);
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert_eq!(cache.get(&1).as_deref(), Some(&7));
    }

    #[tokio::test]
    async fn what_began_before_an_invalidation_is_not_kept() {
        for clear in [false, true] {
            let cache = LoadingCache::<u8, u32>::new(10);
            let (begun, has_begun) = oneshot::channel();
            let (release, released) = oneshot::channel::<()>();
            let early = {
                let cache = Arc::clone(&cache);
                tokio::spawn(async move {
                    let load = || async move {
                        begun.send(()).unwrap();
                        released.await.ok();
                        Ok(1)
                    };
                    cache.load(1, load).await.map(|value| *value)
                })
            };
            has_begun.await.unwrap();
            if clear {
                cache.clear()
            } else {
                cache.invalidate(&1)
            }
            // Who asks after the change doesn't join the early load.
            assert_eq!(*cache.load(1, || async { Ok(2) }).await.unwrap(), 2);
            release.send(()).unwrap();
            assert_eq!(early.await.unwrap().unwrap(), 1);
            assert_eq!(cache.get(&1).as_deref(), Some(&2));
        }
    }

    #[tokio::test]
    async fn failures_are_shared_but_not_kept() {
        let cache = LoadingCache::<u8, u32>::new(10);
        assert!(cache.load(1, || async { Err(Error::InvalidMarker) }).await.is_err());
        assert_eq!(*cache.load(1, || async { Ok(3) }).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_load_goes_on_without_its_caller() {
        let cache = LoadingCache::<u8, u32>::new(10);
        let (release, released) = oneshot::channel::<()>();
        let load = || async move {
            released.await.ok();
            Ok(5)
        };
        let waiting = cache.load(1, load);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), waiting).await.is_err());
        release.send(()).unwrap();
        assert_eq!(*cache.load(1, || async { Ok(6) }).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn dropped_values_are_gone_at_once_and_the_number_is_bounded() {
        let cache = LoadingCache::<u32, u32>::new(100);
        let value = cache.load(1, || async { Ok(1) }).await.unwrap();
        let weak = Arc::downgrade(&value);
        drop(value);
        assert!(weak.upgrade().is_some());
        cache.invalidate(&1);
        assert!(weak.upgrade().is_none());
        for key in 0..1000 {
            cache.load(key, || async move { Ok(key) }).await.unwrap();
        }
        assert!(cache.len() <= 100, "{}", cache.len());
    }
}

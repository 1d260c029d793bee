//! One question at a time: who asks what is being asked already waits for the same answer.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

use tokio::runtime::Handle;

use super::ask::NotAnswered;

/// An answer that several may wait for.
pub(super) type Flight<V> = Shared<BoxFuture<'static, Result<V, NotAnswered>>>;

/// The questions which are being asked.
pub(super) struct Flights<K, V> {
    running: Arc<Mutex<HashMap<K, Flight<V>>>>,
    runtime: Handle,
}

impl<K: Eq + Hash + Clone + Send + 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// Questions are asked on `runtime`, so that they outlive the request and the worker that came first.
    pub(super) fn new(runtime: Handle) -> Self {
        Self { running: Arc::default(), runtime }
    }

    /// Waits with those who ask the same, or asks.
    pub(super) fn join<F>(&self, key: K, ask: impl FnOnce() -> F) -> Flight<V>
    where
        F: Future<Output = Result<V, NotAnswered>> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(&key) {
            return flight.clone();
        }
        let landing = Landing { running: Arc::clone(&self.running), key: key.clone() };
        let question = ask();
        let task = self.runtime.spawn(async move {
            let _landing = landing;
            question.await
        });
        let flight = task
            .map(|ended| ended.unwrap_or_else(|error| Err(NotAnswered::unavailable(error))))
            .boxed()
            .shared();
        running.insert(key, flight.clone());
        flight
    }

    /// Whether nothing is being asked.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Takes the question off the list when it ends, however it does.
struct Landing<K: Eq + Hash, V> {
    running: Arc<Mutex<HashMap<K, Flight<V>>>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        // Taken out first: the last handle to a flight must not be dropped under the lock.
        let ended = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        drop(ended);
    }
}

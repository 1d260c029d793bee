//! The entries between the polling thread and the consumer of the source.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::super::{SourceError, SourcedEntry};
use crate::kafka::KafkaFailure;

/// A bounded queue: the polling thread pauses its partitions rather than fill it further.
pub(super) struct Buffer {
    state: Mutex<State>,
    filled: Notify,
    bound: usize,
}

#[derive(Default)]
struct State {
    entries: VecDeque<SourcedEntry>,
    failure: Option<KafkaFailure>,
    stopped: bool,
}

impl Buffer {
    pub(super) fn new(bound: usize) -> Self {
        Self { state: Mutex::default(), filled: Notify::new(), bound }
    }

    pub(super) fn push(&self, entry: SourcedEntry) {
        self.state.lock().entries.push_back(entry);
        self.filled.notify_one();
    }

    /// At least one entry; waits for it.
    pub(super) async fn take(&self, max: usize) -> Result<Vec<SourcedEntry>, SourceError> {
        loop {
            {
                let mut state = self.state.lock();
                let count = state.entries.len().min(max.max(1));
                if count > 0 {
                    return Ok(state.entries.drain(..count).collect());
                }
                if let Some(failure) = state.failure.clone() {
                    return Err(failure.into());
                }
                if state.stopped {
                    return Err(SourceError::Closed);
                }
            }
            self.filled.notified().await;
        }
    }

    /// Drops the entries of sources that are no longer ours: their new owner reads them from what was settled.
    pub(super) fn forget(&self, sources: &[Arc<str>]) {
        self.state.lock().entries.retain(|entry| !sources.contains(&entry.source));
    }

    pub(super) fn is_full(&self) -> bool {
        self.state.lock().entries.len() >= self.bound
    }

    /// Whether there is room enough to go on after it was full.
    pub(super) fn is_low(&self) -> bool {
        self.state.lock().entries.len() <= self.bound / 2
    }

    pub(super) fn fail(&self, failure: KafkaFailure) {
        self.state.lock().failure = Some(failure);
        self.filled.notify_one();
    }

    pub(super) fn stop(&self) {
        self.state.lock().stopped = true;
        self.filled.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state.lock().stopped
    }
}

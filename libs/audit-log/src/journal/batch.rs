//! The requests that wait for one sync, and how they are woken.
//!
//! One outcome for all and a list of wakers, rather than a channel for each request. Waking only one request of each
//! thread, to wake the others from there, was tried with `benches/journal.rs`, in seven interleaved runs on a busy machine
//! of two cores: it was no faster and took no less CPU.

use std::{sync::OnceLock, task::Waker};

use parking_lot::Mutex;

use super::{JournalError, Position};

/// The appends that share one sync.
#[derive(Default)]
pub(super) struct Batch {
    outcome: OnceLock<Outcome>,
    /// By the entries' index in the batch; none where nobody waits any more.
    waiters: Mutex<Vec<Option<Waker>>>,
}

/// What became of a batch: its first `durable` entries have the positions from `first` on, the others failed.
pub(super) struct Outcome {
    pub(super) first: Position,
    pub(super) durable: usize,
    pub(super) failure: Option<JournalError>,
}

impl Batch {
    /// Adds the waiter for the next entry.
    pub(super) fn join(&self, waker: &Waker) {
        self.waiters.lock().push(Some(waker.clone()));
    }

    /// What became of the entry at `index`, once it is known.
    pub(super) fn outcome(&self, index: usize) -> Option<Result<Position, JournalError>> {
        let outcome = self.outcome.get()?;
        Some(if index < outcome.durable {
            Ok(outcome.first.plus(index as u64))
        } else {
            Err(outcome.failure.clone().unwrap_or(JournalError::Closed))
        })
    }

    /// Sets the waker of a waiter that is still waiting. The outcome must be looked at again afterwards.
    pub(super) fn update(&self, index: usize, waker: &Waker) {
        match self.waiters.lock().get_mut(index) {
            Some(Some(known)) if known.will_wake(waker) => {}
            Some(place) => *place = Some(waker.clone()),
            // All were taken to be woken meanwhile: the outcome is there.
            None => {}
        }
    }

    /// Takes a waiter out that no longer waits.
    pub(super) fn leave(&self, index: usize) {
        let waiter = self.waiters.lock().get_mut(index).and_then(Option::take);
        // Not under the lock: it may be the last reference to a task.
        drop(waiter);
    }

    /// Sets the outcome and wakes all who wait for it.
    pub(super) fn settle(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
        let waiters = std::mem::take(&mut *self.waiters.lock());
        waiters.into_iter().flatten().for_each(Waker::wake);
    }
}

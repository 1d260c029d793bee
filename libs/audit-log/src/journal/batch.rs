//! The requests that wait for one sync, and how they are woken.
//!
//! Waking is the price of the journal: each wake of a task from a foreign thread is a lock and, on a runtime with one
//! thread (an actix worker), a system call. So the waiters are grouped by the thread they were polled on. The writer wakes
//! one of each group; that one, on its own thread, wakes the rest, which is a push to a local queue. Whoever of a group
//! is polled or dropped first does it; should nobody be, the writer wakes all of them a moment later.

use std::{
    sync::OnceLock,
    task::Waker,
    thread::{self, ThreadId},
};

use parking_lot::Mutex;

use super::{JournalError, Position};

/// The appends that share one sync.
#[derive(Default)]
pub(super) struct Batch {
    outcome: OnceLock<Outcome>,
    groups: Mutex<Vec<Group>>,
}

/// What became of a batch: its first `durable` entries have the positions from `first` on, the others failed.
pub(super) struct Outcome {
    pub(super) first: Position,
    pub(super) durable: usize,
    pub(super) failure: Option<JournalError>,
}

/// Which waiter of which group a request is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    group: usize,
    place: usize,
}

struct Group {
    thread: ThreadId,
    waiters: Vec<Option<Waker>>,
}

impl Batch {
    /// Adds a waiter of the current thread.
    pub(super) fn join(&self, waker: &Waker) -> Seat {
        let thread = thread::current().id();
        let mut groups = self.groups.lock();
        let group = match groups.iter().position(|group| group.thread == thread) {
            Some(group) => group,
            None => {
                groups.push(Group { thread, waiters: Vec::new() });
                groups.len() - 1
            }
        };
        let mut place = 0;
        if let Some(group) = groups.get_mut(group) {
            place = group.waiters.len();
            group.waiters.push(Some(waker.clone()));
        }
        Seat { group, place }
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
    pub(super) fn update(&self, seat: Seat, waker: &Waker) {
        let mut groups = self.groups.lock();
        let waiter = groups.get_mut(seat.group).and_then(|group| group.waiters.get_mut(seat.place));
        match waiter {
            Some(Some(known)) if known.will_wake(waker) => {}
            Some(place) => *place = Some(waker.clone()),
            // The group was taken meanwhile: the outcome is there.
            None => {}
        }
    }

    /// Takes a waiter out that no longer waits.
    pub(super) fn leave(&self, seat: Seat) {
        let waiter = {
            let mut groups = self.groups.lock();
            let group = groups.get_mut(seat.group);
            group.and_then(|group| group.waiters.get_mut(seat.place)).and_then(Option::take)
        };
        drop(waiter);
    }

    /// Sets the outcome and wakes one waiter of each group.
    pub(super) fn settle(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
        let leaders: Vec<Waker> = {
            let mut groups = self.groups.lock();
            groups.iter_mut().filter_map(|group| group.waiters.iter_mut().find_map(Option::take)).collect()
        };
        leaders.into_iter().for_each(Waker::wake);
    }

    /// Wakes the rest of a waiter's group, after the outcome is known.
    pub(super) fn wake_group(&self, seat: Seat) {
        let waiters = {
            let mut groups = self.groups.lock();
            groups.get_mut(seat.group).map(|group| std::mem::take(&mut group.waiters)).unwrap_or_default()
        };
        waiters.into_iter().flatten().for_each(Waker::wake);
    }

    /// Wakes whoever has not been woken yet.
    pub(super) fn wake_all(&self) {
        let groups = std::mem::take(&mut *self.groups.lock());
        groups.into_iter().flat_map(|group| group.waiters).flatten().for_each(Waker::wake);
    }

    /// Whether someone is still to be woken.
    pub(super) fn has_waiters(&self) -> bool {
        self.groups.lock().iter().any(|group| group.waiters.iter().any(Option::is_some))
    }
}

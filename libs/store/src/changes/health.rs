//! When the listener was last known to hear, readable without a lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::ListenerHealth;

pub(super) struct Health {
    started: Instant,
    /// Nanoseconds after `started`: enough for five centuries.
    confirmed: AtomicU64,
    connected: AtomicBool,
}

impl Health {
    pub(super) fn new(started: Instant) -> Self {
        Self { started, confirmed: AtomicU64::new(0), connected: AtomicBool::new(false) }
    }

    /// Everything committed before `moment` has been handled.
    pub(super) fn confirm(&self, moment: Instant) {
        let since = moment.saturating_duration_since(self.started).as_nanos();
        self.confirmed.fetch_max(u64::try_from(since).unwrap_or(u64::MAX), Ordering::AcqRel);
        self.connected.store(true, Ordering::Release);
    }

    pub(super) fn disconnected(&self) {
        self.connected.store(false, Ordering::Release);
    }

    pub(super) fn get(&self) -> ListenerHealth {
        ListenerHealth {
            last_confirmed: self.started + Duration::from_nanos(self.confirmed.load(Ordering::Acquire)),
            connected: self.connected.load(Ordering::Acquire),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_confirmed_later_than_the_start_until_it_is() {
        let started = Instant::now();
        let health = Health::new(started);
        assert_eq!(health.get().last_confirmed, started);
        assert!(!health.get().connected);
    }

    #[test]
    fn an_older_confirmation_does_not_undo_a_newer_one() {
        let started = Instant::now();
        let health = Health::new(started);
        health.confirm(started + Duration::from_secs(7));
        health.confirm(started + Duration::from_secs(5));
        assert_eq!(health.get().last_confirmed, started + Duration::from_secs(7));
    }

    #[test]
    fn losing_the_connection_keeps_what_was_confirmed() {
        let started = Instant::now();
        let health = Health::new(started);
        health.confirm(started + Duration::from_secs(3));
        assert!(health.get().connected);
        health.disconnected();
        assert!(!health.get().connected);
        assert_eq!(health.get().last_confirmed, started + Duration::from_secs(3));
    }
}

//! The access keys that identity doesn't know, remembered for a moment so that each isn't asked for again and again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// A bounded set of access key ids. While it is full of recent ones no more are remembered: a flood of made-up ids
/// costs questions, but neither memory nor the credentials that are kept elsewhere.
pub(super) struct UnknownKeys {
    until: Mutex<HashMap<Box<str>, OffsetDateTime>>,
    remembered_for: Duration,
    capacity: usize,
}

impl UnknownKeys {
    /// Remembers up to `capacity` ids for `remembered_for`.
    pub(super) fn new(remembered_for: std::time::Duration, capacity: usize) -> Self {
        let remembered_for = Duration::try_from(remembered_for).unwrap_or(Duration::ZERO);
        Self { until: Mutex::default(), remembered_for, capacity }
    }

    /// Whether the access key was unknown a moment ago.
    pub(super) fn contains(&self, access_key_id: &str, now: OffsetDateTime) -> bool {
        self.until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(access_key_id)
            .is_some_and(|until| now < *until)
    }

    /// Remembers that it is unknown now.
    pub(super) fn insert(&self, access_key_id: &str, now: OffsetDateTime) {
        let mut known = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= self.capacity {
            known.retain(|_, until| now < *until);
        }
        if known.len() < self.capacity {
            known.insert(access_key_id.into(), now + self.remembered_for);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.until.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.until.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    #[test]
    fn an_unknown_key_is_forgotten_after_its_time() {
        let unknown = UnknownKeys::new(std::time::Duration::from_secs(2), 10);
        unknown.insert("AKIA", NOW);
        assert!(unknown.contains("AKIA", NOW + Duration::milliseconds(1999)));
        assert!(!unknown.contains("AKIA", NOW + Duration::seconds(2)));
        assert!(!unknown.contains("AKIB", NOW));
    }

    #[test]
    fn a_flood_does_not_grow_it() {
        let unknown = UnknownKeys::new(std::time::Duration::from_secs(2), 10);
        for n in 0..1000 {
            unknown.insert(&format!("AKIA{n}"), NOW);
        }
        assert_eq!(unknown.len(), 10);
        unknown.insert("AKIALATER", NOW + Duration::seconds(3));
        assert_eq!(unknown.len(), 1);
    }
}

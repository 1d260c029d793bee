//! A clock that a test turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keywright_aws_api::Clock;
use time::{Duration, OffsetDateTime};

/// The machine's time, plus what the test has added.
#[derive(Clone, Default)]
pub struct TestClock {
    ahead_seconds: Arc<AtomicI64>,
}

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.ahead_seconds.fetch_add(by.whole_seconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + Duration::seconds(self.ahead_seconds.load(Ordering::SeqCst))
    }
}

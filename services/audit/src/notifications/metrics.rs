//! The metrics of notifications.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, IntGaugeVec, Opts};

pub(super) struct NotificationMetrics {
    outcomes: IntCounterVec,
    pending: IntGaugeVec,
}

pub(super) static METRICS: LazyLock<NotificationMetrics> = LazyLock::new(NotificationMetrics::register);

impl NotificationMetrics {
    /// A target took so many.
    pub(super) fn delivered(&self, target: &str, count: usize) {
        self.outcomes.with_label_values(&[target, "delivered"]).inc_by(count as u64);
    }

    /// A target took one not; it is sent again.
    pub(super) fn failed(&self, target: &str) {
        self.outcomes.with_label_values(&[target, "failed"]).inc();
    }

    /// One isn't sent any more.
    pub(super) fn given_up(&self, target: &str) {
        self.outcomes.with_label_values(&[target, "given-up"]).inc();
    }

    /// So many wait for each target; for others none.
    pub(super) fn pending(&self, counts: &[(String, i64)]) {
        self.pending.reset();
        for (target, count) in counts {
            self.pending.with_label_values(&[target.as_str()]).set(*count);
        }
    }

    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("notification metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let metrics = Self {
            outcomes: IntCounterVec::new(
                Opts::new(
                    "keywright_notifications_total",
                    "Notifications by target and outcome: delivered, failed (an attempt; it is sent again), given-up",
                ),
                &["target", "outcome"],
            )?,
            pending: IntGaugeVec::new(
                Opts::new(
                    "keywright_notifications_pending",
                    "Notifications that a target is still to be told",
                ),
                &["target"],
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.outcomes.clone()))?;
        registry.register(Box::new(metrics.pending.clone()))?;
        Ok(metrics)
    }
}

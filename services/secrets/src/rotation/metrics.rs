//! The metrics of rotation.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, IntGauge, Opts};

use super::state::Step;

pub(super) struct RotationMetrics {
    outcomes: IntCounterVec,
    failures: IntCounterVec,
    overdue_seconds: IntGauge,
}

pub(super) static METRICS: LazyLock<RotationMetrics> = LazyLock::new(RotationMetrics::register);

impl RotationMetrics {
    /// A rotation succeeded.
    pub(super) fn succeeded(&self) {
        self.outcomes.with_label_values(&["succeeded"]).inc();
    }

    /// A rotation failed until its next window.
    pub(super) fn failed(&self) {
        self.outcomes.with_label_values(&["failed"]).inc();
    }

    /// A rotation was abandoned.
    pub(super) fn abandoned(&self) {
        self.outcomes.with_label_values(&["abandoned"]).inc();
    }

    /// A step failed; it may be tried again.
    pub(super) fn attempt_failed(&self, step: Step) {
        self.failures.with_label_values(&[step.as_str()]).inc();
    }

    /// For how long the oldest rotation has been due.
    pub(super) fn overdue(&self, seconds: i64) {
        self.overdue_seconds.set(seconds);
    }

    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("rotation metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let metrics = Self {
            outcomes: IntCounterVec::new(
                Opts::new(
                    "keywright_rotations_total",
                    "Rotations of secrets by outcome: succeeded, failed (until the next window), abandoned",
                ),
                &["outcome"],
            )?,
            failures: IntCounterVec::new(
                Opts::new("keywright_rotation_step_failures_total", "Failed attempts of rotation steps"),
                &["step"],
            )?,
            overdue_seconds: IntGauge::new(
                "keywright_rotation_overdue_seconds",
                "For how long the rotation that has waited longest has been due",
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.outcomes.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.overdue_seconds.clone()))?;
        Ok(metrics)
    }
}

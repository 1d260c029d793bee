//! The log's metrics.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, IntGauge, Opts};

pub(super) struct LogMetrics {
    size: IntGauge,
    signed_size: IntGauge,
    signed_at: IntGauge,
    failures: IntCounterVec,
}

pub(super) static METRICS: LazyLock<LogMetrics> = LazyLock::new(LogMetrics::register);

impl LogMetrics {
    /// The tree has so many leaves.
    pub(super) fn sequenced(&self, size: u64) {
        self.size.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    /// The newest checkpoint is of this size and time, in seconds since 1970.
    pub(super) fn signed(&self, size: u64, at: i64) {
        self.signed_size.set(i64::try_from(size).unwrap_or(i64::MAX));
        self.signed_at.set(at);
    }

    /// A phase, `sequence` or `sign`, failed.
    pub(super) fn failed(&self, phase: &str) {
        self.failures.with_label_values(&[phase]).inc();
    }

    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("log metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let metrics = Self {
            size: IntGauge::new("keywright_audit_log_leaves", "Leaves of the transparency log's tree")?,
            signed_size: IntGauge::new(
                "keywright_audit_log_signed_leaves",
                "Leaves under the newest checkpoint",
            )?,
            signed_at: IntGauge::new(
                "keywright_audit_log_checkpoint_timestamp_seconds",
                "When the newest checkpoint was signed",
            )?,
            failures: IntCounterVec::new(
                Opts::new(
                    "keywright_audit_log_failures_total",
                    "Times that records could not be given their places (sequence) or a checkpoint not be signed (sign)",
                ),
                &["phase"],
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.size.clone()))?;
        registry.register(Box::new(metrics.signed_size.clone()))?;
        registry.register(Box::new(metrics.signed_at.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        for phase in ["sequence", "sign"] {
            metrics.failures.with_label_values(&[phase]).inc_by(0);
        }
        Ok(metrics)
    }
}

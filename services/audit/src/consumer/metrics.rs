//! The consumer's metrics.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts};

use super::settler::Settled;

pub(super) struct ConsumerMetrics {
    consumed: IntCounter,
    outcomes: IntCounterVec,
    failures: IntCounter,
    batch_seconds: Histogram,
    batch_entries: Histogram,
    lag_seconds: Gauge,
}

pub(super) static METRICS: LazyLock<ConsumerMetrics> = LazyLock::new(ConsumerMetrics::register);

impl ConsumerMetrics {
    /// So many entries were settled by one transaction that took so long; the newest event was so old then.
    pub(super) fn settled(
        &self,
        entries: usize,
        settled: Settled,
        took: Duration,
        lag: Option<time::Duration>,
    ) {
        self.consumed.inc_by(entries as u64);
        for (outcome, count) in [
            ("stored", settled.stored),
            ("duplicate", settled.duplicates),
            ("dead-letter", settled.dead_letters),
        ] {
            self.outcomes.with_label_values(&[outcome]).inc_by(count);
        }
        self.batch_seconds.observe(took.as_secs_f64());
        self.batch_entries.observe(entries as f64);
        if let Some(lag) = lag {
            self.lag_seconds.set(lag.as_seconds_f64().max(0.0));
        }
    }

    /// A transaction failed, and is tried again.
    pub(super) fn failed(&self) {
        self.failures.inc();
    }

    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("consumer metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let seconds = HistogramOpts::new(
            "keywright_audit_batch_seconds",
            "How long one transaction of the audit consumer took",
        );
        let entries = HistogramOpts::new(
            "keywright_audit_batch_entries",
            "Entries in one transaction of the audit consumer",
        );
        let metrics = Self {
            consumed: IntCounter::new("keywright_audit_consumed_entries_total", "Entries settled")?,
            outcomes: IntCounterVec::new(
                Opts::new(
                    "keywright_audit_entries_total",
                    "Entries settled, by outcome: stored, duplicate (was there already), dead-letter (is no event)",
                ),
                &["outcome"],
            )?,
            failures: IntCounter::new(
                "keywright_audit_failed_batches_total",
                "Transactions that failed and were tried again",
            )?,
            batch_seconds: Histogram::with_opts(
                seconds.buckets(prometheus::exponential_buckets(0.001, 2.0, 14)?),
            )?,
            batch_entries: Histogram::with_opts(
                entries.buckets(prometheus::exponential_buckets(1.0, 4.0, 8)?),
            )?,
            lag_seconds: Gauge::new(
                "keywright_audit_lag_seconds",
                "Age of the newest event of the last transaction when that was committed; event times are whole seconds",
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.consumed.clone()))?;
        registry.register(Box::new(metrics.outcomes.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.batch_seconds.clone()))?;
        registry.register(Box::new(metrics.batch_entries.clone()))?;
        registry.register(Box::new(metrics.lag_seconds.clone()))?;
        Ok(metrics)
    }
}

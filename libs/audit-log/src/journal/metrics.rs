//! The journal's metrics, one child for each journal of the process.

use std::sync::LazyLock;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
};

/// The metrics of one journal.
pub(super) struct JournalMetrics {
    pub(super) appended_entries: IntCounter,
    pub(super) appended_bytes: IntCounter,
    pub(super) failed_entries: IntCounter,
    pub(super) sync_seconds: Histogram,
    pub(super) batch_entries: Histogram,
    pub(super) unacknowledged_entries: IntGauge,
    pub(super) unacknowledged_bytes: IntGauge,
}

impl JournalMetrics {
    pub(super) fn of(journal: &str) -> Self {
        let all = &*ALL;
        let labels = &[journal];
        Self {
            appended_entries: all.appended_entries.with_label_values(labels),
            appended_bytes: all.appended_bytes.with_label_values(labels),
            failed_entries: all.failed_entries.with_label_values(labels),
            sync_seconds: all.sync_seconds.with_label_values(labels),
            batch_entries: all.batch_entries.with_label_values(labels),
            unacknowledged_entries: all.unacknowledged_entries.with_label_values(labels),
            unacknowledged_bytes: all.unacknowledged_bytes.with_label_values(labels),
        }
    }
}

struct Families {
    appended_entries: IntCounterVec,
    appended_bytes: IntCounterVec,
    failed_entries: IntCounterVec,
    sync_seconds: HistogramVec,
    batch_entries: HistogramVec,
    unacknowledged_entries: IntGaugeVec,
    unacknowledged_bytes: IntGaugeVec,
}

static ALL: LazyLock<Families> = LazyLock::new(Families::register);

impl Families {
    #[expect(clippy::expect_used, reason = "names and buckets are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("journal metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let labels = &["journal"];
        let counter = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), labels);
        let gauge = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), labels);
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels)
        };
        let families = Self {
            appended_entries: counter("keywright_journal_appended_entries_total", "Entries made durable")?,
            appended_bytes: counter(
                "keywright_journal_appended_bytes_total",
                "Bytes made durable, with frames",
            )?,
            failed_entries: counter(
                "keywright_journal_failed_entries_total",
                "Entries that could not be made durable",
            )?,
            sync_seconds: histogram(
                "keywright_journal_sync_seconds",
                "Time to write and sync one batch",
                prometheus::exponential_buckets(0.000_05, 2.0, 16)?,
            )?,
            batch_entries: histogram(
                "keywright_journal_batch_entries",
                "Entries that shared one sync",
                prometheus::exponential_buckets(1.0, 2.0, 12)?,
            )?,
            unacknowledged_entries: gauge(
                "keywright_journal_unacknowledged_entries",
                "Entries that were not handed on yet",
            )?,
            unacknowledged_bytes: gauge(
                "keywright_journal_unacknowledged_bytes",
                "Bytes of entries that were not handed on yet",
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(families.appended_entries.clone()))?;
        registry.register(Box::new(families.appended_bytes.clone()))?;
        registry.register(Box::new(families.failed_entries.clone()))?;
        registry.register(Box::new(families.sync_seconds.clone()))?;
        registry.register(Box::new(families.batch_entries.clone()))?;
        registry.register(Box::new(families.unacknowledged_entries.clone()))?;
        registry.register(Box::new(families.unacknowledged_bytes.clone()))?;
        Ok(families)
    }
}

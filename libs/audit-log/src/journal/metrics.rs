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
    pub(super) refused_entries: IntCounter,
    pub(super) append_seconds: Histogram,
    pub(super) sync_seconds: Histogram,
    pub(super) fdatasync_seconds: Histogram,
    pub(super) batch_entries: Histogram,
    pub(super) unacknowledged_entries: IntGauge,
    pub(super) unacknowledged_bytes: IntGauge,
    pub(super) writable: IntGauge,
}

impl JournalMetrics {
    pub(super) fn of(journal: &str, max_bytes: u64) -> Self {
        let all = &*ALL;
        let labels = &[journal];
        all.max_bytes.with_label_values(labels).set(i64::try_from(max_bytes).unwrap_or(i64::MAX));
        let writable = all.writable.with_label_values(labels);
        writable.set(1);
        Self {
            appended_entries: all.appended_entries.with_label_values(labels),
            appended_bytes: all.appended_bytes.with_label_values(labels),
            failed_entries: all.failed_entries.with_label_values(labels),
            refused_entries: all.refused_entries.with_label_values(labels),
            append_seconds: all.append_seconds.with_label_values(labels),
            sync_seconds: all.sync_seconds.with_label_values(labels),
            fdatasync_seconds: all.fdatasync_seconds.with_label_values(labels),
            batch_entries: all.batch_entries.with_label_values(labels),
            unacknowledged_entries: all.unacknowledged_entries.with_label_values(labels),
            unacknowledged_bytes: all.unacknowledged_bytes.with_label_values(labels),
            writable,
        }
    }
}

struct Families {
    appended_entries: IntCounterVec,
    appended_bytes: IntCounterVec,
    failed_entries: IntCounterVec,
    refused_entries: IntCounterVec,
    append_seconds: HistogramVec,
    sync_seconds: HistogramVec,
    fdatasync_seconds: HistogramVec,
    batch_entries: HistogramVec,
    unacknowledged_entries: IntGaugeVec,
    unacknowledged_bytes: IntGaugeVec,
    writable: IntGaugeVec,
    max_bytes: IntGaugeVec,
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
            refused_entries: counter(
                "keywright_journal_refused_entries_total",
                "Entries that were not taken in: the journal was full or closed, or the entry too large",
            )?,
            append_seconds: histogram(
                "keywright_journal_append_seconds",
                "Time from handing over an entry until it is durable",
                prometheus::exponential_buckets(0.000_05, 2.0, 16)?,
            )?,
            sync_seconds: histogram(
                "keywright_journal_sync_seconds",
                "Time to write and sync one batch",
                prometheus::exponential_buckets(0.000_05, 2.0, 16)?,
            )?,
            fdatasync_seconds: histogram(
                "keywright_journal_fdatasync_seconds",
                "Time of one fdatasync",
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
            writable: gauge(
                "keywright_journal_writable",
                "1 while the disk takes what is written, 0 while it refuses",
            )?,
            max_bytes: gauge(
                "keywright_journal_max_bytes",
                "The bound on bytes of entries that were not handed on yet",
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(families.appended_entries.clone()))?;
        registry.register(Box::new(families.appended_bytes.clone()))?;
        registry.register(Box::new(families.failed_entries.clone()))?;
        registry.register(Box::new(families.refused_entries.clone()))?;
        registry.register(Box::new(families.append_seconds.clone()))?;
        registry.register(Box::new(families.sync_seconds.clone()))?;
        registry.register(Box::new(families.fdatasync_seconds.clone()))?;
        registry.register(Box::new(families.batch_entries.clone()))?;
        registry.register(Box::new(families.unacknowledged_entries.clone()))?;
        registry.register(Box::new(families.unacknowledged_bytes.clone()))?;
        registry.register(Box::new(families.writable.clone()))?;
        registry.register(Box::new(families.max_bytes.clone()))?;
        Ok(families)
    }
}

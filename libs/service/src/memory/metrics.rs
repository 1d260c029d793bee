//! How well it works to remember.

use std::sync::LazyLock;

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};

/// Of one memory.
pub(super) struct Metrics(Option<Of>);

struct Of {
    remembered: IntCounter,
    asked: IntCounter,
    bytes: IntGauge,
}

impl Metrics {
    /// Of what of this kind is remembered of this database.
    pub(super) fn new(database: &str, kind: &str) -> Self {
        let of = |readings: &IntCounterVec, bytes: &IntGaugeVec| Of {
            remembered: readings.with_label_values(&[database, kind, "memory"]),
            asked: readings.with_label_values(&[database, kind, "database"]),
            bytes: bytes.with_label_values(&[database, kind]),
        };
        Self(READINGS.as_ref().zip(BYTES.as_ref()).map(|(readings, bytes)| of(readings, bytes)))
    }

    /// Counts a reading, by whether it was remembered.
    pub(super) fn read(&self, is_remembered: bool) {
        if let Some(of) = &self.0 {
            if is_remembered { of.remembered.inc() } else { of.asked.inc() }
        }
    }

    /// Says how much is remembered.
    pub(super) fn set_bytes(&self, bytes: u64) {
        if let Some(of) = &self.0 {
            of.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
}

static READINGS: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_memory_readings_total", "readings by where they were answered from");
    let metric = IntCounterVec::new(options, &["database", "kind", "from"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static BYTES: LazyLock<Option<IntGaugeVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_memory_bytes", "what is remembered of a database");
    let metric = IntGaugeVec::new(options, &["database", "kind"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

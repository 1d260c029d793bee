//! What the store tells Prometheus, by database.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts};

/// All series of this crate.
pub(crate) struct Metrics {
    pub(crate) pool_in_use: IntGaugeVec,
    pub(crate) pool_waiting: IntGaugeVec,
    pub(crate) listener_connected: IntGaugeVec,
    pub(crate) listener_reconnects: IntCounterVec,
    pub(crate) outbox_swept: IntCounterVec,
}

pub(crate) fn get() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::register);
    &METRICS
}

impl Metrics {
    #[expect(clippy::expect_used, reason = "names and labels are constants, registered once")]
    fn register() -> Self {
        let gauge = |name, help| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), LABELS).expect("a valid metric");
            keywright_telemetry::registry().register(Box::new(gauge.clone())).expect("a new metric");
            gauge
        };
        let counter = |name, help| {
            let counter = IntCounterVec::new(Opts::new(name, help), LABELS).expect("a valid metric");
            keywright_telemetry::registry().register(Box::new(counter.clone())).expect("a new metric");
            counter
        };
        Self {
            pool_in_use: gauge("keywright_store_pool_in_use", "Connections of the pool that are in use"),
            pool_waiting: gauge(
                "keywright_store_pool_waiting",
                "Callers waiting for a connection of the pool",
            ),
            listener_connected: gauge(
                "keywright_store_listener_connected",
                "Change listeners that are connected to the database",
            ),
            listener_reconnects: counter(
                "keywright_store_listener_reconnects_total",
                "Times that a change listener connected again after losing its connection",
            ),
            outbox_swept: counter(
                "keywright_store_outbox_swept_total",
                "Audit records handed over by the sweeper after a crash or a failure",
            ),
        }
    }
}

/// One more on a gauge for as long as it lives.
pub(crate) struct Gauged(IntGauge);

impl Gauged {
    pub(crate) fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        self.0.dec();
    }
}

const LABELS: &[&str] = &["database"];

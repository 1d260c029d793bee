//! The relay's metrics. What is waiting shows as the journal's unacknowledged entries.

use std::sync::LazyLock;

use prometheus::IntCounter;

/// The metrics of all relays of the process.
pub(super) struct RelayMetrics {
    pub(super) sent_entries: IntCounter,
    pub(super) restarts: IntCounter,
}

pub(super) static METRICS: LazyLock<RelayMetrics> = LazyLock::new(RelayMetrics::register);

impl RelayMetrics {
    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("relay metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let metrics = Self {
            sent_entries: IntCounter::new(
                "keywright_relay_sent_entries_total",
                "Entries handed to the Kafka producer, with repetitions",
            )?,
            restarts: IntCounter::new(
                "keywright_relay_restarts_total",
                "Times that everything unacknowledged was sent again",
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.sent_entries.clone()))?;
        registry.register(Box::new(metrics.restarts.clone()))?;
        Ok(metrics)
    }
}

//! The relay's metrics. What is waiting shows as the journal's unacknowledged entries; what Kafka refused, as those of the
//! journal whose name ends in `.refused`.

use std::sync::LazyLock;

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts};

/// The metrics of all relays of the process.
pub(super) struct RelayMetrics {
    pub(super) sent_entries: IntCounter,
    pub(super) restarts: IntCounter,
    pub(super) refused_entries: IntCounterVec,
    pub(super) replayed_entries: IntCounterVec,
    pub(super) blocked: IntGaugeVec,
}

pub(super) static METRICS: LazyLock<RelayMetrics> = LazyLock::new(RelayMetrics::register);

impl RelayMetrics {
    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("relay metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let of_journal = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &["journal"]);
        let metrics = Self {
            sent_entries: IntCounter::new(
                "keywright_relay_sent_entries_total",
                "Entries handed to the Kafka producer, with repetitions",
            )?,
            restarts: IntCounter::new(
                "keywright_relay_restarts_total",
                "Times that everything unacknowledged was sent again",
            )?,
            refused_entries: of_journal(
                "keywright_relay_refused_entries_total",
                "Entries that Kafka refused for what they are, and that were put aside",
            )?,
            replayed_entries: of_journal(
                "keywright_relay_replayed_entries_total",
                "Entries that had been put aside and were then taken by Kafka",
            )?,
            blocked: IntGaugeVec::new(
                Opts::new("keywright_relay_blocked", "1 while Kafka takes nothing from this journal"),
                &["journal"],
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.sent_entries.clone()))?;
        registry.register(Box::new(metrics.restarts.clone()))?;
        registry.register(Box::new(metrics.refused_entries.clone()))?;
        registry.register(Box::new(metrics.replayed_entries.clone()))?;
        registry.register(Box::new(metrics.blocked.clone()))?;
        Ok(metrics)
    }
}

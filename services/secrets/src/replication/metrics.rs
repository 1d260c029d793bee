//! The metrics of replication.

use std::sync::LazyLock;

use keywright_aws_api::Region;
use prometheus::{IntGaugeVec, Opts};
use time::OffsetDateTime;

use crate::store::tellings::Backlog;

pub(super) struct ReplicationMetrics {
    waiting: IntGaugeVec,
    lag_seconds: IntGaugeVec,
}

pub(super) static METRICS: LazyLock<ReplicationMetrics> = LazyLock::new(ReplicationMetrics::register);

impl ReplicationMetrics {
    /// What a Region doesn't know yet of the secrets of another one.
    pub(super) fn backlog(&self, region: &Region, peer: &Region, backlog: Backlog, now: OffsetDateTime) {
        let regions = [region.as_str(), peer.as_str()];
        self.waiting.with_label_values(&regions).set(backlog.count);
        let lag = backlog.oldest.map_or(0, |oldest| (now - oldest).whole_seconds().max(0));
        self.lag_seconds.with_label_values(&regions).set(lag);
    }

    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("replication metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let labels = ["region", "peer"];
        let metrics = Self {
            waiting: IntGaugeVec::new(
                Opts::new(
                    "keywright_secrets_replication_waiting",
                    "Secrets of which another Region is still to be told",
                ),
                &labels,
            )?,
            lag_seconds: IntGaugeVec::new(
                Opts::new(
                    "keywright_secrets_replication_lag_seconds",
                    "For how long another Region has not known the latest of a secret",
                ),
                &labels,
            )?,
        };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.waiting.clone()))?;
        registry.register(Box::new(metrics.lag_seconds.clone()))?;
        Ok(metrics)
    }
}

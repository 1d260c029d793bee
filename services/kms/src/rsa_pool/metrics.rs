//! The metrics of all pools of the process.

use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, IntGaugeVec, Opts};

pub(super) struct PoolMetrics {
    pub(super) keys: IntGaugeVec,
    pub(super) waits: HistogramVec,
}

pub(super) static METRICS: LazyLock<PoolMetrics> = LazyLock::new(PoolMetrics::register);

impl PoolMetrics {
    #[expect(clippy::expect_used, reason = "names are constants that the tests have registered")]
    fn register() -> Self {
        Self::try_register().expect("pool metrics are well-formed and registered once")
    }

    fn try_register() -> prometheus::Result<Self> {
        let keys = Opts::new("keywright_kms_rsa_pool_keys", "RSA keys that are made and wait to be used");
        let waits = HistogramOpts::new(
            "keywright_kms_rsa_pool_wait_seconds",
            "How long requests waited for an RSA key",
        )
        .buckets(vec![0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0]);
        let metrics =
            Self { keys: IntGaugeVec::new(keys, &["size"])?, waits: HistogramVec::new(waits, &["size"])? };
        let registry = keywright_telemetry::registry();
        registry.register(Box::new(metrics.keys.clone()))?;
        registry.register(Box::new(metrics.waits.clone()))?;
        Ok(metrics)
    }
}

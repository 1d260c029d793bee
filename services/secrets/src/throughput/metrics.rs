//! Calls that were refused because a quota was used up, counted by quota.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, Opts};

pub(super) fn count_throttled(quota: &str) {
    if let Some(throttled) = THROTTLED.as_ref() {
        throttled.with_label_values(&[quota]).inc();
    }
}

static THROTTLED: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_secrets_throttled_total", "calls refused because a quota was used up");
    let metric = IntCounterVec::new(options, &["quota"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

//! Calls that are refused because a quota is used up, counted by service and quota.

use std::borrow::Cow;
use std::sync::LazyLock;

use keywright_aws_api::{ApiError, Common};
use prometheus::{IntCounterVec, Opts};

/// Counts a refused call, and gives the error for it.
pub fn throttled(service: &'static str, quota: &str, message: impl Into<Cow<'static, str>>) -> ApiError {
    if let Some(throttled) = THROTTLED.as_ref() {
        throttled.with_label_values(&[service, quota]).inc();
    }
    ApiError::common(Common::Throttling, message)
}

static THROTTLED: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_throttled_total", "calls refused because a quota was used up");
    let metric = IntCounterVec::new(options, &["service", "quota"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

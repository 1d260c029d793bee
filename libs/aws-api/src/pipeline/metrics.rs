//! Requests, counted and timed by operation.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};

/// The counters of one operation, looked up once.
pub(crate) struct OperationMetrics {
    signing_name: &'static str,
    operation: &'static str,
    succeeded: Option<IntCounter>,
    duration: Option<Histogram>,
}

impl OperationMetrics {
    pub(crate) fn new(signing_name: &'static str, operation: &'static str) -> Self {
        Self {
            signing_name,
            operation,
            succeeded: REQUESTS.as_ref().map(|m| m.with_label_values(&[signing_name, operation, "OK"])),
            duration: DURATIONS.as_ref().map(|m| m.with_label_values(&[signing_name, operation])),
        }
    }

    pub(crate) fn succeeded(&self, elapsed: Duration) {
        if let Some(counter) = &self.succeeded {
            counter.inc();
        }
        self.observe(elapsed);
    }

    pub(crate) fn failed(&self, code: &str, elapsed: Duration) {
        if let Some(requests) = REQUESTS.as_ref() {
            requests.with_label_values(&[self.signing_name, self.operation, code]).inc();
        }
        self.observe(elapsed);
    }

    fn observe(&self, elapsed: Duration) {
        if let Some(histogram) = &self.duration {
            histogram.observe(elapsed.as_secs_f64());
        }
    }
}

/// Counts a request whose sender could not be verified.
pub(crate) fn count_refused(signing_name: &str, operation: &str, code: &str) {
    if let Some(requests) = REQUESTS.as_ref() {
        requests.with_label_values(&[signing_name, operation, code]).inc();
    }
}

static REQUESTS: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options =
        Opts::new("keywright_requests_total", "answered requests by service, operation and error code");
    let metric = IntCounterVec::new(options, &["service", "operation", "code"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static DURATIONS: LazyLock<Option<HistogramVec>> = LazyLock::new(|| {
    let options = HistogramOpts::new(
        "keywright_request_duration_seconds",
        "time from authentication to the durable record, by service and operation",
    )
    .buckets(vec![0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0]);
    let metric = HistogramVec::new(options, &["service", "operation"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

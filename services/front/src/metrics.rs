//! Requests, counted and timed by route.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};

/// Counts an answer; `route` is empty where there was none.
pub(crate) fn answered(route: &str, status: u16, elapsed: Duration) {
    let class = match status {
        200..300 => "2xx",
        400..500 => "4xx",
        500..600 => "5xx",
        _ => "other",
    };
    if let Some(metric) = ANSWERS.as_ref() {
        metric.with_label_values(&[route, class]).inc();
    }
    if let Some(metric) = DURATIONS.as_ref() {
        metric.with_label_values(&[route]).observe(elapsed.as_secs_f64());
    }
}

/// Counts a request that its service didn't answer.
pub(crate) fn failed(route: &str, reason: &str) {
    if let Some(metric) = FAILURES.as_ref() {
        metric.with_label_values(&[route, reason]).inc();
    }
}

static ANSWERS: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_front_requests_total", "answers by route and class of status");
    let metric = IntCounterVec::new(options, &["route", "status"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static DURATIONS: LazyLock<Option<HistogramVec>> = LazyLock::new(|| {
    let options = HistogramOpts::new(
        "keywright_front_request_duration_seconds",
        "time from a request's head to its answer's head, by route",
    )
    .buckets(vec![0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0]);
    let metric = HistogramVec::new(options, &["route"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static FAILURES: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_front_failures_total", "requests that their service didn't answer");
    let metric = IntCounterVec::new(options, &["route", "reason"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

//! How identity's answers are used.

use std::sync::LazyLock;

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts};

/// Counts a question by its outcome.
pub(super) fn asked(outcome: &str) {
    if let Some(metric) = ASKED.as_ref() {
        metric.with_label_values(&[outcome]).inc();
    }
}

/// Counts an answer used past its time, as identity is away.
pub(super) fn stale_used() {
    if let Some(metric) = STALE.as_ref() {
        metric.inc();
    }
}

/// Says whether identity is away.
pub(super) fn set_away(away: bool) {
    if let Some(metric) = AWAY.as_ref() {
        metric.set(i64::from(away));
    }
}

static ASKED: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let options = Opts::new("keywright_identity_questions_total", "questions to identity by outcome");
    let metric = IntCounterVec::new(options, &["outcome"]).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static STALE: LazyLock<Option<IntCounter>> = LazyLock::new(|| {
    let name = "keywright_identity_stale_answers_total";
    let metric =
        IntCounter::new(name, "requests served by an answer past its time while identity was away").ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

static AWAY: LazyLock<Option<IntGauge>> = LazyLock::new(|| {
    let metric = IntGauge::new("keywright_identity_away", "1 while identity does not answer").ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});

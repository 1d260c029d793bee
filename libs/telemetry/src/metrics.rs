use std::sync::LazyLock;

use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

/// The content type of [`render_metrics`].
pub const METRICS_CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// The process's one metrics registry. It holds the metrics of the process itself (memory, CPU seconds, open
/// files, threads) from the start.
pub fn registry() -> &'static Registry {
    &REGISTRY
}

/// All metrics in Prometheus's text format.
pub fn render_metrics() -> String {
    let mut text = String::new();
    if let Err(error) = TextEncoder::new().encode_utf8(&registry().gather(), &mut text) {
        tracing::error!(%error, "metrics could not be rendered");
    }
    text
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let registry = Registry::new();
    if let Err(error) = registry.register(Box::new(ProcessCollector::for_self())) {
        tracing::error!(%error, "the process's own metrics are missing");
    }
    registry
});

#[cfg(test)]
mod tests {
    use prometheus::{IntCounterVec, Opts};

    use super::*;

    #[test]
    fn a_registered_counter_is_rendered_with_its_labels() {
        let calls =
            IntCounterVec::new(Opts::new("telemetry_test_calls_total", "Calls."), &["operation"]).unwrap();
        registry().register(Box::new(calls.clone())).unwrap();
        calls.with_label_values(&["Encrypt"]).inc_by(3);

        let text = render_metrics();
        assert!(text.contains("# TYPE telemetry_test_calls_total counter"), "{text}");
        assert!(text.contains("telemetry_test_calls_total{operation=\"Encrypt\"} 3"), "{text}");
    }

    #[test]
    fn the_process_is_measured() {
        let text = render_metrics();
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
        assert!(text.contains("process_open_fds "), "{text}");
    }
}

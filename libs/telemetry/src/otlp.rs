//! The export of spans over OTLP, HTTP with protobuf bodies.
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::TelemetryError;

/// Where spans go, or `None`: tracing is off. What is configured goes before what the environment says.
pub(crate) fn endpoint(configured: Option<&str>) -> Option<Endpoint> {
    if let Some(base) = configured.filter(|text| !text.is_empty()) {
        let base = base.trim_end_matches('/');
        let traces =
            if base.ends_with(TRACES_PATH) { base.to_owned() } else { format!("{base}{TRACES_PATH}") };
        return Some(Endpoint::Traces(traces));
    }
    let in_environment =
        ENDPOINT_VARIABLES.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    in_environment.then_some(Endpoint::FromEnvironment)
}

/// Where spans are sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// This URL, path included.
    Traces(String),
    /// What OpenTelemetry's own environment variables say; the exporter reads them.
    FromEnvironment,
}

/// A provider that sends the spans of `service` to `endpoint`, in batches, from a thread of its own.
pub(crate) fn provider(service: &str, endpoint: Endpoint) -> Result<SdkTracerProvider, TelemetryError> {
    // The HTTP client takes the process's provider of TLS; where one is installed already, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut exporter = SpanExporter::builder().with_http();
    if let Endpoint::Traces(url) = endpoint {
        exporter = exporter.with_endpoint(url);
    }
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter.build()?).build())
}

/// The layer that turns this project's spans, from `DEBUG` up, into OpenTelemetry's.
pub(crate) fn trace_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    // The exporter's own HTTP client must not make spans: each export would give cause for the next.
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("keywright", LevelFilter::DEBUG)
        .with_targets(EXPORTER_TARGETS.map(|target| (target, LevelFilter::OFF)));
    tracing_opentelemetry::layer().with_tracer(provider.tracer("keywright")).with_filter(targets)
}

const TRACES_PATH: &str = "/v1/traces";
const ENDPOINT_VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const EXPORTER_TARGETS: [&str; 5] = ["opentelemetry", "reqwest", "hyper", "h2", "rustls"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_traces_path_is_added_to_a_base_url_once() {
        let expected = Endpoint::Traces("http://collector:4318/v1/traces".to_owned());
        assert_eq!(endpoint(Some("http://collector:4318")).unwrap(), expected);
        assert_eq!(endpoint(Some("http://collector:4318/")).unwrap(), expected);
        assert_eq!(endpoint(Some("http://collector:4318/v1/traces")).unwrap(), expected);
    }
}

use thiserror::Error;

/// Why telemetry could not be started. All of it is the operator's to put right, in the configuration.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The log filter is not in the syntax of `tracing_subscriber::EnvFilter`.
    #[error("log filter {filter:?} is not valid")]
    LogFilter {
        /// What was configured.
        filter: String,
        /// What the parser says.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The log format is none of `auto`, `text`, `json`.
    #[error("log format {0:?} is none of auto, text, json")]
    LogFormat(String),
    /// The exporter of spans refused its endpoint or could not build its HTTP client.
    #[error("the OTLP exporter could not be built")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

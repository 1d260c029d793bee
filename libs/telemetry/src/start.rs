use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::log_format::{LogFormat, log_layer, stderr};
use crate::{TelemetryError, otlp};

/// The log filter where none is configured.
pub const DEFAULT_LOG_FILTER: &str = "info";

/// What [`Telemetry::start`] needs to know.
#[derive(Debug, Clone)]
pub struct TelemetryConfig<'a> {
    /// The name that traces give as `service.name`, such as `keywright-kms`.
    pub service: &'a str,
    /// In the syntax of `tracing_subscriber::EnvFilter`, such as `info,keywright_kms=debug`. Empty: the default.
    pub log_filter: &'a str,
    /// How log lines look.
    pub log_format: LogFormat,
    /// The base URL of an OTLP collector over HTTP, such as `http://127.0.0.1:4318`. Where it is `None` or empty,
    /// the standard variable `OTEL_EXPORTER_OTLP_ENDPOINT` counts; where that is not set, tracing is off.
    pub otlp_endpoint: Option<String>,
}

impl<'a> TelemetryConfig<'a> {
    /// Defaults for `service`: level `info`, format by the terminal, no endpoint but the environment's.
    pub fn new(service: &'a str) -> Self {
        Self {
            service,
            log_filter: DEFAULT_LOG_FILTER,
            log_format: LogFormat::default(),
            otlp_endpoint: None,
        }
    }
}

/// Sets up the process's logs and traces.
#[derive(Debug)]
pub struct Telemetry;

impl Telemetry {
    /// Installs the process's subscriber. In a process that has one already (a test binary, several services in
    /// one process) the first one stays, and the answer is a guard with nothing to flush.
    ///
    /// # Errors
    /// The log filter cannot be parsed, or the exporter refuses its endpoint.
    pub fn start(config: TelemetryConfig<'_>) -> Result<TelemetryGuard, TelemetryError> {
        let filter = parse_filter(config.log_filter)?;
        if tracing::dispatcher::has_been_set() {
            return Ok(TelemetryGuard { provider: None });
        }
        let provider = otlp::endpoint(config.otlp_endpoint.as_deref())
            .map(|endpoint| otlp::provider(config.service, endpoint))
            .transpose()?;
        let installed = tracing_subscriber::registry()
            .with(provider.as_ref().map(otlp::trace_layer))
            .with(log_layer(config.log_format, stderr).with_filter(filter))
            .try_init();
        match installed {
            Ok(()) => Ok(TelemetryGuard { provider }),
            // Another thread was quicker: its subscriber stays, and our exporter has nothing to export.
            Err(_) => Ok(TelemetryGuard { provider: None }),
        }
    }
}

/// Sends the remaining spans when it is dropped, for at most [`FLUSH_LIMIT`]. Keep it until the end of `main`.
#[derive(Debug)]
#[must_use = "spans that are not exported yet are lost when the guard is not kept"]
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
}

impl TelemetryGuard {
    /// Whether this guard's subscriber exports spans.
    pub fn exports_spans(&self) -> bool {
        self.provider.is_some()
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        let Some(provider) = self.provider.take() else { return };
        if let Err(error) = provider.shutdown_with_timeout(FLUSH_LIMIT) {
            tracing::warn!(%error, "the last spans may not have been exported");
        }
    }
}

fn parse_filter(filter: &str) -> Result<EnvFilter, TelemetryError> {
    let filter = if filter.is_empty() { DEFAULT_LOG_FILTER } else { filter };
    EnvFilter::try_new(filter)
        .map_err(|source| TelemetryError::LogFilter { filter: filter.to_owned(), source })
}

const FLUSH_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_filter_is_refused_by_name() {
        let config = TelemetryConfig { log_filter: "keywright=loud", ..TelemetryConfig::new("test") };
        let refused = Telemetry::start(config).unwrap_err();
        assert_eq!(refused.to_string(), "log filter \"keywright=loud\" is not valid");
    }

    #[test]
    fn a_second_start_keeps_the_first_subscriber() {
        let first = Telemetry::start(TelemetryConfig::new("first"));
        let second = Telemetry::start(TelemetryConfig::new("second"));
        assert!(first.is_ok() && second.is_ok());
        assert!(!second.unwrap().exports_spans());
    }
}

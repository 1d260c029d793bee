//! Logs, metrics, OpenTelemetry traces.
//!
//! This crate exists so that every process sets these up in one way: [`Telemetry::start`] once in `main`, the
//! process's one metrics [`registry`], and [`trace_context`] with [`request_span`] where a request leaves or enters the
//! process.
//!
//! # Cost on the hot path
//!
//! Spans of single requests are `debug_span!`s. The default log filter does not want them, so that where no OTLP
//! endpoint is configured such a callsite is off for good and costs one atomic load. With an endpoint the trace
//! layer asks for this project's spans at `DEBUG`, whatever the log filter says.

mod error;
mod log_format;
mod metrics;
mod otlp;
pub mod request_span;
mod start;
pub mod trace_context;

pub use error::TelemetryError;
pub use log_format::LogFormat;
pub use metrics::{METRICS_CONTENT_TYPE, registry, render_metrics};
pub use start::{DEFAULT_LOG_FILTER, Telemetry, TelemetryConfig, TelemetryGuard};

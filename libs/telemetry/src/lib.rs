//! Logs, metrics, OpenTelemetry traces.

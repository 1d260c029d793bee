//! A service's process: from `main` to the signal that ends it.

use std::future::Future;
use std::process::ExitCode;

use keywright_telemetry::{LogFormat, Telemetry, TelemetryConfig};

use crate::config::{Settings, TelemetrySection};
use crate::error::ServiceError;
use crate::running::Running;

/// Runs one service until it is told to stop: reads its settings, starts telemetry, forbids core dumps, starts the app.
pub fn run<F>(name: &'static str, defaults: &str, start: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<Running, ServiceError>>,
{
    let settings = match Settings::load(defaults) {
        Ok(settings) => settings,
        Err(error) => return refuse(name, &error),
    };
    let telemetry: TelemetrySection = match settings.section("telemetry") {
        Ok(telemetry) => telemetry,
        Err(error) => return refuse(name, &error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(name, &error),
    };
    let _telemetry = match start_telemetry(name, &telemetry) {
        Ok(guard) => guard,
        Err(error) => return refuse(name, &error),
    };
    forbid_core_dumps();
    runtime.block_on(async {
        match start(settings).await {
            Ok(running) => {
                tracing::info!(address = %running.address(), ops = %running.ops_address(), "{name} serves");
                stop_signal().await;
                tracing::info!("{name} stops");
                running.stop().await;
                ExitCode::SUCCESS
            }
            Err(error) => refuse(name, &error),
        }
    })
}

/// Starts logs and traces by their section.
///
/// # Errors
/// When the filter or format can't be used.
pub fn start_telemetry(
    name: &str,
    section: &TelemetrySection,
) -> Result<keywright_telemetry::TelemetryGuard, Box<dyn std::error::Error + Send + Sync>> {
    let mut config = TelemetryConfig::new(name);
    config.log_filter = &section.log_filter;
    config.log_format = match section.log_format.as_str() {
        "auto" => LogFormat::Auto,
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        other => return Err(format!("telemetry.log_format is {other:?}: set auto, text or json").into()),
    };
    if !section.otlp_endpoint.is_empty() {
        config.otlp_endpoint = Some(section.otlp_endpoint.clone());
    }
    Ok(Telemetry::start(config)?)
}

/// Key material in memory must not reach the disk by a crash, nor a debugger of the same user.
pub fn forbid_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps could not be limited");
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "core dumps could not be forbidden");
    }
}

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; the process can only be killed");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(clippy::print_stderr, reason = "the one place where a process that never started says why")]
fn refuse(name: &str, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{name} cannot start: {error}");
    ExitCode::FAILURE
}

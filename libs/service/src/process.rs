//! A service's process: from `main` to the signal that ends it.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;

use keywright_telemetry::{LogFormat, Telemetry, TelemetryConfig};

use crate::config::{Settings, SettingsError, TelemetrySection};

/// What a process runs until it is told to stop.
pub trait Serving {
    /// Where clients connect.
    fn address(&self) -> SocketAddr;

    /// Where the probes and metrics are.
    fn ops_address(&self) -> SocketAddr;

    /// Answers the requests that are running, and stops.
    fn stop(self) -> impl Future<Output = ()>;
}

/// Runs one service until it is told to stop: reads its settings, starts telemetry, forbids core dumps, starts the app.
pub fn run<C, S, E, F>(
    name: &'static str,
    defaults: &str,
    configure: impl FnOnce(&Settings) -> Result<C, SettingsError>,
    start: impl FnOnce(C) -> F,
) -> ExitCode
where
    S: Serving,
    E: Into<Failure>,
    F: Future<Output = Result<S, E>>,
{
    match run_to_end(name, defaults, configure, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(name, error.as_ref()),
    }
}

fn run_to_end<C, S, E, F>(
    name: &'static str,
    defaults: &str,
    configure: impl FnOnce(&Settings) -> Result<C, SettingsError>,
    start: impl FnOnce(C) -> F,
) -> Result<(), Failure>
where
    S: Serving,
    E: Into<Failure>,
    F: Future<Output = Result<S, E>>,
{
    let settings = Settings::load(defaults)?;
    let (config, telemetry) = (configure(&settings)?, settings.section("telemetry")?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _telemetry = start_telemetry(name, &telemetry)?;
    forbid_core_dumps();
    runtime.block_on(async {
        let serving = start(config).await.map_err(Into::into)?;
        tracing::info!(address = %serving.address(), ops = %serving.ops_address(), "{name} serves");
        stop_signal().await;
        tracing::info!("{name} stops");
        serving.stop().await;
        Ok(())
    })
}

/// Starts logs and traces by their section.
///
/// # Errors
/// When the filter or format can't be used.
pub fn start_telemetry(
    name: &str,
    section: &TelemetrySection,
) -> Result<keywright_telemetry::TelemetryGuard, Failure> {
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
fn refuse(name: &str, error: &dyn Error) -> ExitCode {
    eprintln!("{name} cannot start: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        eprintln!("  {source}");
        cause = source.source();
    }
    ExitCode::FAILURE
}

/// Whatever keeps a process from starting.
type Failure = Box<dyn Error + Send + Sync>;

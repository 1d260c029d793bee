//! The front's process.

use std::process::ExitCode;

use keywright_front::config::{Config, DEFAULTS};
use keywright_front::{FrontError, app};
use keywright_service::Settings;
use keywright_service::process::{forbid_core_dumps, start_telemetry, stop_signal};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(error.as_ref()),
    }
}

fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::from_settings(&Settings::load(DEFAULTS)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _telemetry = start_telemetry("keywright-front", &config.telemetry)?;
    forbid_core_dumps();
    runtime.block_on(async {
        let running = app::start(config)?;
        tracing::info!(address = %running.address(), ops = %running.ops_address(), "keywright-front serves");
        stop_signal().await;
        tracing::info!("keywright-front stops");
        running.stop().await;
        Ok::<(), FrontError>(())
    })?;
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "a process that never started says why, also where the log is not set up"
)]
fn refuse(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("keywright-front cannot start: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        eprintln!("  {source}");
        cause = source.source();
    }
    ExitCode::FAILURE
}

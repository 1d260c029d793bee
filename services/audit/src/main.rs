//! The audit service's process.

use std::process::ExitCode;

use keywright_audit::app;
use keywright_audit::config::{Config, DEFAULTS};
use keywright_audit::consumer::SourceConfig;

fn main() -> ExitCode {
    keywright_service::process::run("keywright-audit", DEFAULTS, |settings| async move {
        app::start(Config::from_settings(&settings)?, SourceConfig::Kafka).await
    })
}

//! The audit service's process.

use std::process::ExitCode;

use keywright_audit::app;
use keywright_audit::config::{Config, DEFAULTS};
use keywright_audit::consumer::SourceConfig;
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-audit", DEFAULTS, Config::from_settings, |config| {
        app::start(config, SourceConfig::Kafka)
    })
}

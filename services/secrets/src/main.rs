//! The secrets service's process.

use std::process::ExitCode;

use keywright_secrets::app;
use keywright_secrets::config::{Config, DEFAULTS};
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-secrets", DEFAULTS, Config::from_settings, app::start)
}

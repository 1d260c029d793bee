//! The params service's process.

use std::process::ExitCode;

use keywright_params::app;
use keywright_params::config::{Config, DEFAULTS};
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-params", DEFAULTS, Config::from_settings, app::start)
}

//! The front's process.

use std::process::ExitCode;

use keywright_front::app;
use keywright_front::config::{Config, DEFAULTS};
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-front", DEFAULTS, Config::from_settings, |config| async { app::start(config) })
}

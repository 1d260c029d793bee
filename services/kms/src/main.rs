//! The KMS service's process.

use std::process::ExitCode;

use keywright_kms::app;
use keywright_kms::config::{Config, DEFAULTS};
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-kms", DEFAULTS, Config::from_settings, app::start)
}

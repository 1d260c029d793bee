//! The params service's process.

use std::process::ExitCode;

use keywright_params::config::DEFAULTS;
use keywright_params::{Config, start};

fn main() -> ExitCode {
    keywright_service::process::run("keywright-params", DEFAULTS, |settings| async move {
        let config = Config::read(&settings)?;
        start(config).await
    })
}

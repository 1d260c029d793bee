//! The params service's process.

use std::process::ExitCode;

use keywright_params::app;
use keywright_params::config::{Config, DEFAULTS};

fn main() -> ExitCode {
    keywright_service::process::run("keywright-params", DEFAULTS, |settings| async move {
        let config = Config::from_settings(&settings)?;
        app::start(config).await
    })
}

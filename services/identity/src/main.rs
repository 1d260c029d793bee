//! The identity service's process.

use std::process::ExitCode;

use keywright_identity::app;
use keywright_identity::config::{Config, DEFAULTS};

fn main() -> ExitCode {
    keywright_service::process::run("keywright-identity", DEFAULTS, |settings| async move {
        let config = Config::from_settings(&settings)?;
        Ok(app::start(config).await?.running)
    })
}

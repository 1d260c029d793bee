//! The secrets service's process.

use std::process::ExitCode;

use keywright_secrets::app;
use keywright_secrets::config::{Config, DEFAULTS};

fn main() -> ExitCode {
    keywright_service::process::run("keywright-secrets", DEFAULTS, |settings| async move {
        let config = Config::from_settings(&settings)?;
        app::start(config).await
    })
}

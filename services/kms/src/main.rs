//! The KMS service's process.

use std::process::ExitCode;

use keywright_kms::app;
use keywright_kms::config::{Config, DEFAULTS};

fn main() -> ExitCode {
    keywright_service::process::run("keywright-kms", DEFAULTS, |settings| async move {
        let config = Config::from_settings(&settings)?;
        app::start(config).await
    })
}

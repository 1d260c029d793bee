//! The identity service's process.

use std::process::ExitCode;

use keywright_identity::app;
use keywright_identity::config::{Config, DEFAULTS};
use keywright_service::process;

fn main() -> ExitCode {
    process::run("keywright-identity", DEFAULTS, Config::from_settings, |config| async {
        app::start(config).await.map(|app| app.running)
    })
}

//! The process of the secrets service.

use std::process::ExitCode;

fn main() -> ExitCode {
    keywright_service::process::run(
        "keywright-secrets",
        keywright_secrets::config::DEFAULTS,
        keywright_secrets::app::start_from,
    )
}

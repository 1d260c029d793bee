//! `keywright params`: parameters from files, and into files.

mod export;
mod import;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use keywright_service::process::forbid_core_dumps;

use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;

/// Import and export parameters
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Params {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write the parameters below a path into a file, or to standard output
    Export(Box<export::Export>),
    /// Put the parameters of a file below a path; what is there already with the same value is left alone
    Import(Box<import::Import>),
}

impl Params {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        forbid_core_dumps();
        wait_for(async {
            match self.action {
                Action::Export(export) => export.run(console).await,
                Action::Import(import) => import.run(console).await,
            }
        })
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright params import app.env --path /prod/app --dry-run
  keywright params export --path /prod/app --format json --with-types --output app.json
  chamber export app | keywright params import - --path /prod/app
  aws ssm get-parameters-by-path --path /prod/app --recursive --with-decryption --output json \\
      | keywright params import - --path /staging/app --from-path /prod/app";

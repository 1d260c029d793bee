//! `keywright audit`: what is in the audit trail, and on its way there.

mod journal;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::error::CliError;

/// Look at the audit trail
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Look at the journals from which records go into the trail
    #[command(subcommand)]
    Journal(journal::Journal),
}

impl Audit {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        match self.action {
            Action::Journal(journal) => journal.run(console),
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  keywright audit journal inspect /var/lib/keywright/journal
  keywright audit journal inspect .keywright/journals/kms.us-east-1 --entries --limit 20";

//! `keywright audit`: what is in the audit trail, and whether it is as it was.

mod export;
mod log_key;
mod prove;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::error::CliError;

/// Check and prove the audit trail
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Find every record, row and tile that was changed, removed, added or moved since it was signed
    Verify(Box<verify::Verify>),
    /// Prove that an event is in the log, or that a tree begins with an older one
    Prove(Box<prove::Prove>),
    /// Write the log into a directory, in C2SP's layout, where it can be checked offline; again for what is new
    Export(Box<export::Export>),
}

impl Audit {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
        runtime.block_on(async {
            match self.action {
                Action::Verify(verify) => verify.run(console).await,
                Action::Prove(prove) => prove.run(console).await,
                Action::Export(export) => export.run(console).await,
            }
        })
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright audit verify --since yesterday.checkpoint
  keywright audit prove --event-id 0197a3f2-... --out event.proof
  keywright audit export /mnt/backup/log && keywright audit verify --directory /mnt/backup/log --key \"$VKEY\"";

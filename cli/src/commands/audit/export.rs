//! `keywright audit export`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keywright_audit::log::verify::export;

use super::verify;
use crate::commands::admin::Target;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    target: Target,
    /// The directory; that of an earlier export is brought up to date
    dir: PathBuf,
}

impl Export {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let exported = export(&verify::online(&self.target)?, &self.dir).await?;
        console.say(&format!(
            "{} holds the log with {} leaves, {} of them new",
            self.dir.display(),
            exported.size,
            exported.size.saturating_sub(exported.kept)
        ));
        Ok(ExitCode::SUCCESS)
    }
}

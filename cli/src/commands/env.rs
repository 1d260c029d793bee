//! `keywright env`: the exports of a stack.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::console::Console;
use crate::error::CliError;
use crate::stack::credentials::Credentials;
use crate::stack::layout::{DEFAULT_DATA_DIR, Layout};

/// Print what a shell needs to use the stack that runs, or last ran, on a data directory
#[derive(Args)]
#[command(after_help = "Example:\n  eval \"$(keywright env)\" && aws sts get-caller-identity")]
pub(crate) struct Env {
    /// The stack's data directory
    #[arg(long, env = "KEYWRIGHT_DATA_DIR", default_value = DEFAULT_DATA_DIR, value_name = "DIR")]
    data_dir: PathBuf,
}

impl Env {
    pub(crate) fn run(&self, console: &Console) -> Result<ExitCode, CliError> {
        let layout = Layout::of(&self.data_dir);
        let credentials = Credentials::read(&layout.credentials())?;
        let credentials = credentials.ok_or_else(|| CliError::NoStack { data_dir: self.data_dir.clone() })?;
        console.print(&credentials.exports());
        Ok(ExitCode::SUCCESS)
    }
}

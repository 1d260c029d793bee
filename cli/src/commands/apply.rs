//! `keywright apply`: brings an installation to what a file declares.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keywright_aws_api::Region;

use crate::api_client::{ApiClient, Credentials};
use crate::apply::{Applying, Declared};
use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;

/// Bring an installation to what a file declares: accounts, identities, policies, keys and parameters
///
/// What is there is compared and left alone, and nothing is taken away: a file may be applied as often as one likes. As a
/// principal of the first account it goes into other accounts by their role OrganizationAccountAccessRole.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Apply {
    /// The file, in TOML
    file: PathBuf,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// The front's URL
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    endpoint_url: String,
    /// The Region of what is declared without one
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    region: Region,
    /// The access key
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "ID")]
    access_key_id: String,
}

impl Apply {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let declared = Declared::read(&self.file)?;
        let credentials = Credentials::of(self.access_key_id).ok_or(CliError::NoSecretAccessKey)?;
        let home = ApiClient::new(&self.endpoint_url, self.region.clone(), credentials)?;
        let applying = Applying { home, region: self.region, dry_run: self.dry_run, console };
        match wait_for(applying.apply(&declared))? {
            0 => console.say("everything is as declared"),
            count if applying.dry_run => console.say(&format!("{count} changes would be made")),
            count => console.say(&format!("{count} changes were made")),
        }
        Ok(ExitCode::SUCCESS)
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright apply bootstrap.toml --dry-run
  keywright apply bootstrap.toml";

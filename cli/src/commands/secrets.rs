//! `keywright secrets`: how rotations are doing, and users of databases with their secrets.

mod create_database_user;
mod error;
mod rotation_interval;
mod status;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use keywright_service::process::forbid_core_dumps;

pub(crate) use self::error::DatabaseUserError;
use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;

/// See how rotations are doing, and make users of databases with their secrets
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Secrets {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List secrets with their last and next rotation, and what failed and why
    Status(Box<status::Status>),
    /// Make a user of PostgreSQL, MariaDB, MySQL or Redis with its grants, and the secret that opens it
    CreateDatabaseUser(Box<create_database_user::CreateDatabaseUser>),
}

impl Secrets {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        forbid_core_dumps();
        wait_for(async {
            match self.action {
                Action::Status(status) => status.run(console).await,
                Action::CreateDatabaseUser(create) => create.run(console).await,
            }
        })
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright secrets status --failed
  keywright secrets create-database-user shop/app --master-secret shop/admin --username app \\
      --database shop --access write --rotate-every 30d";

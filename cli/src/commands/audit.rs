//! `keywright audit`: what is in the audit trail.

mod cloudtrail;
mod csv;
mod output;
mod prices;
mod query;
mod report;
mod since;
mod table;
mod tail;
mod who_used;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::error::CliError;

/// Watch and ask the audit trail
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show events of a Region as they happen
    Tail(Box<tail::Tail>),
    /// Run a SELECT on the events, in CloudTrail Lake's SQL; `events` is the table
    Query(Box<query::Query>),
    /// Tell who used a key, for what, how often, and when first and last
    WhoUsed(Box<who_used::WhoUsed>),
    /// Count uses by key, principal and day, and price them
    Report(Box<report::Report>),
}

impl Audit {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
        runtime.block_on(async {
            match self.action {
                Action::Tail(tail) => tail.run(console).await,
                Action::Query(query) => query.run(console).await,
                Action::WhoUsed(who_used) => who_used.run(console).await,
                Action::Report(report) => report.run(console).await,
            }
        })
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright audit tail --source kms --errors
  keywright audit query \"SELECT eventName, count(*) FROM events WHERE eventTime > '2026-11-01' GROUP BY 1 ORDER BY 2 DESC\"
  keywright audit who-used alias/payments --since 7d
  keywright audit report --month 2026-11 --prices prices.toml";

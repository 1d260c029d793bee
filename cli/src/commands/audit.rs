//! `keywright audit`: what is in the audit trail, and whether it is as it was; and what is on its way there.

mod cloudtrail;
mod csv;
mod dead_letters;
mod export;
mod journal;
mod log_key;
pub(crate) mod output;
mod prices;
mod prove;
mod query;
mod report;
mod since;
pub(crate) mod table;
mod tail;
mod verify;
mod who_used;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use keywright_audit::admin::{SIGNING_NAME, TARGET_PREFIX};
use keywright_service::Destination;

use crate::commands::admin::Target;
use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;

/// Watch, ask, check and prove the audit trail
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
    /// List and replay what came to be stored and is no event
    DeadLetters(Box<dead_letters::DeadLetters>),
    /// Show events of a Region as they happen
    Tail(Box<tail::Tail>),
    /// Run a SELECT on the events, in CloudTrail Lake's SQL; `events` is the table
    Query(Box<query::Query>),
    /// Tell who used a key, for what, how often, and when first and last
    WhoUsed(Box<who_used::WhoUsed>),
    /// Count uses by key, principal and day, and price them
    Report(Box<report::Report>),
    /// Look at the journals from which records go into the trail
    #[command(subcommand)]
    Journal(journal::Journal),
}

impl Audit {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        wait_for(async {
            match self.action {
                Action::Verify(verify) => verify.run(console).await,
                Action::Prove(prove) => prove.run(console).await,
                Action::Export(export) => export.run(console).await,
                Action::DeadLetters(dead_letters) => dead_letters.run(console).await,
                Action::Tail(tail) => tail.run(console).await,
                Action::Query(query) => query.run(console).await,
                Action::WhoUsed(who_used) => who_used.run(console).await,
                Action::Report(report) => report.run(console).await,
                Action::Journal(journal) => journal.run(console),
            }
        })
    }
}

/// The audit service's own API, for operators.
fn operators_api(target: &Target) -> Destination {
    Destination {
        endpoint: target.endpoint_url.clone(),
        signing_name: SIGNING_NAME,
        target_prefix: TARGET_PREFIX,
    }
}

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright audit verify --since yesterday.checkpoint
  keywright audit prove --event-id 0197a3f2-... --out event.proof
  keywright audit export /mnt/backup/log && keywright audit verify --directory /mnt/backup/log --key \"$VKEY\"
  keywright audit tail --source kms --errors
  keywright audit query \"SELECT eventName, count(*) FROM events WHERE eventTime > '2026-11-01' GROUP BY 1 ORDER BY 2 DESC\"
  keywright audit who-used alias/payments --since 7d
  keywright audit report --month 2026-11 --prices prices.toml
  keywright audit journal inspect .keywright/journals/kms.us-east-1 --entries --limit 20";

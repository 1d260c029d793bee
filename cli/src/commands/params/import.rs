//! `keywright params import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use crate::commands::admin::Target;
use crate::commands::audit::output::Output;
use crate::commands::stop_signals::StopSignals;
use crate::console::Console;
use crate::error::CliError;
use crate::params::{Format, Kind, ParameterStore, Plan, Root, Source, Tier, Wishes, read_entries, write};

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Import {
    #[command(flatten)]
    target: Target,
    /// The file; - is standard input
    file: PathBuf,
    /// Where the parameters go, such as /prod/app
    #[arg(long, value_name = "PATH")]
    path: Root,
    /// The format; without it, the file's name or content tells
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The type of what the file says no type of; else what is there keeps its own, and what is new is a SecureString
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// The KMS key of SecureStrings that the file names none for; else that of what is there, or the AWS managed one
    #[arg(long, value_name = "KEY")]
    key_id: Option<String>,
    /// The tier of what the file says no tier of
    #[arg(long, value_enum, value_name = "TIER")]
    tier: Option<Tier>,
    /// The path that whole names in the file are below, where it isn't --path
    #[arg(long, value_name = "PATH")]
    from_path: Option<Root>,
    /// Change what is there; without it nothing is written if anything would be changed
    #[arg(long)]
    overwrite: bool,
    /// Delete what is below the path and not in the file
    #[arg(long)]
    prune: bool,
    /// Leave out empty values, which no parameter can have
    #[arg(long)]
    skip_empty: bool,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Show the values of SecureStrings too
    #[arg(long, requires = "dry_run")]
    show_values: bool,
}

impl Import {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let source = Source::of(self.file);
        let read = read_entries(&source, self.format)?;
        let store = ParameterStore::new(self.target.api_client()?);
        let wishes = Wishes {
            kind: self.kind,
            key_id: self.key_id,
            tier: self.tier,
            from_path: self.from_path,
            skip_empty: self.skip_empty,
            prune: self.prune,
        };
        let plan = Plan::make(&store, &self.path, source.name(), read, &wishes).await?;
        if self.dry_run {
            Output::open().print(&plan.shown(self.show_values))?;
            return Ok(ExitCode::SUCCESS);
        }
        if plan.is_done() {
            console.say(&format!("everything below {} is as in {}", self.path, source.name()));
            return Ok(ExitCode::SUCCESS);
        }
        if !self.overwrite {
            plan.changes_nothing()?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let mut signals = StopSignals::take()?;
        let stopping = Arc::clone(&stop);
        let heard = tokio::spawn(async move {
            signals.next().await;
            stopping.store(true, Ordering::Relaxed);
        });
        let outcome = write(&store, &plan, &stop).await;
        heard.abort();
        let is_begun = outcome.written > 0;
        let (added, changed, same) = plan.counts();
        match outcome.complete() {
            Ok(_) => {
                let deleted = plan.deleted.len();
                let deleted = if deleted > 0 { format!(", {deleted} deleted") } else { String::new() };
                console.say(&format!("{added} added, {changed} changed{deleted}, {same} unchanged"));
                Ok(ExitCode::SUCCESS)
            }
            Err(error) if is_begun => {
                console.failed(&error);
                Ok(ExitCode::from(INCOMPLETE))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Some parameters were written, and some were not.
const INCOMPLETE: u8 = 3;

const AFTER_HELP: &str = "\
Exit codes:
  0 if all is as in the file, 1 if nothing was written, 3 if some was: what, is said; after it, import again

Formats:
  dotenv    NAME=value; a name means the parameter that keywright exec makes that variable of, else a new one of that name
  json      an object of names and values, flat or nested; chamber export; what export --with-types and the AWS CLI write
  yaml      the same in YAML
  aws-json  what aws ssm get-parameters-by-path, get-parameters and get-parameter print, with --with-decryption";

//! `keywright audit journal`: a service's journal, seen from outside.

mod shown;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use keywright_audit_log::Position;
use keywright_audit_log::journal::inspect::{entries, inspect};

use self::shown::{entries_as_json, entries_as_text, inspection_as_json, inspection_as_text};
use crate::console::Console;
use crate::error::CliError;

#[derive(Subcommand)]
pub(crate) enum Journal {
    /// Show what a journal holds and check every record of it, of a service that is stopped or runs
    ///
    /// Nothing is locked, changed or repaired. It fails where records are damaged, and says in which file and where.
    Inspect(Inspect),
}

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Inspect {
    /// The journal's directory (`journal.dir`)
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// List the records, too
    #[arg(long)]
    entries: bool,
    /// The first position to list; the oldest that isn't handed on yet, if none is given
    #[arg(long, value_name = "POSITION", requires = "entries")]
    from: Option<u64>,
    /// How many to list
    #[arg(long, default_value_t = 100, requires = "entries", value_name = "COUNT")]
    limit: usize,
    /// Show the listed records whole, one in a line
    #[arg(long, requires = "entries")]
    records: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Journal {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        match self {
            Self::Inspect(inspect) => inspect.run(console),
        }
    }
}

impl Inspect {
    fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let seen = inspect(&self.dir)?;
        let listed = if self.entries {
            let from = self.from.map_or(seen.acknowledged, Position::new);
            Some(entries(&self.dir, from, self.limit)?)
        } else {
            None
        };
        if self.json {
            let mut whole = inspection_as_json(&seen);
            if let (Some(listed), Some(members)) = (&listed, whole.as_object_mut()) {
                members.insert("entries".to_owned(), entries_as_json(listed, self.records));
            }
            console.print(&format!("{whole:#}\n"));
        } else {
            console.print(&inspection_as_text(&self.dir, &seen));
            if let Some(listed) = &listed {
                console.print(&entries_as_text(listed, self.records));
            }
        }
        Ok(if seen.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

const AFTER_HELP: &str = "\
Examples:
  keywright audit journal inspect /var/lib/keywright/journal
  keywright audit journal inspect /var/lib/keywright/journal --entries --from 120000 --limit 20
  keywright audit journal inspect /var/lib/keywright/journal/refused --entries --records   what Kafka refuses
  keywright audit journal inspect /var/lib/keywright/journal --json | jq .unacknowledged";

//! `keywright audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use keywright_audit::log::verify::{Asked, Directory, LogSource, Online, Report, verify};
use keywright_transparency_log::VerifierKey;
use time::OffsetDateTime;

use super::{log_key, operators_api};
use crate::commands::admin::Target;
use crate::console::Console;
use crate::error::{AtPath as _, CliError};

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    target: Option<Target>,
    /// Check an export instead of a running service; nothing is asked then
    #[arg(long, value_name = "DIR", requires = "key")]
    directory: Option<PathBuf>,
    /// The key that signs checkpoints, as NAME+ID+KEY; without it KMS is asked, whom you trust then
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    key: Option<VerifierKey>,
    /// A witness who must have signed as well, as NAME+ID+KEY; may be given several times
    #[arg(long = "witness", value_name = "VKEY", value_parser = log_key::parse)]
    witnesses: Vec<VerifierKey>,
    /// The KMS key to ask for
    #[arg(long, value_name = "KEY", default_value = log_key::DEFAULT_KEY_ID)]
    key_id: String,
    /// A checkpoint that was kept earlier: the log must begin with its leaves
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Keep the checkpoint that was checked, for --since
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Check from this leaf on, or from the first record of this day (such as 2026-01-31)
    #[arg(long, value_name = "LEAF|DAY")]
    from: Option<String>,
    /// Check up to before this leaf, or to the last record of this day
    #[arg(long, value_name = "LEAF|DAY")]
    to: Option<String>,
}

impl Verify {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        match (&self.directory, &self.target) {
            (Some(dir), _) => {
                let key = self.key.clone().ok_or(CliError::NoLog)?;
                self.check(&Directory::open(dir)?, &key, console).await
            }
            (None, Some(target)) => {
                let source = online(target)?;
                let key = match &self.key {
                    Some(key) => key.clone(),
                    None => log_key::from_kms(target, &self.key_id, &source).await?,
                };
                self.check(&source, &key, console).await
            }
            (None, None) => Err(CliError::NoLog),
        }
    }

    async fn check(
        &self,
        source: &impl LogSource,
        key: &VerifierKey,
        console: &Console,
    ) -> Result<ExitCode, CliError> {
        let read = |path: &PathBuf| std::fs::read_to_string(path).at("read", path);
        let since = self.since.as_ref().map(read).transpose()?;
        let asked = Asked {
            key,
            witnesses: &self.witnesses,
            from: self.from.as_deref().map(bound).transpose()?,
            to: self.to.as_deref().map(bound).transpose()?,
            since: since.as_deref(),
            now: OffsetDateTime::now_utc(),
        };
        let report = verify(source, &asked).await?;
        console.print(&shown(&report, key));
        if let Some(path) = &self.keep {
            std::fs::write(path, &report.note).at("write", path)?;
        }
        Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The log of a running service.
pub(super) fn online(target: &Target) -> Result<Online, CliError> {
    let admin = target.patient_client_of(operators_api(target), TIME_LIMIT)?;
    Ok(Online::new(&target.endpoint_url, admin))
}

fn bound(text: &str) -> Result<keywright_audit::log::verify::Bound, CliError> {
    text.parse().map_err(|_| CliError::NoLeaf { argument: text.to_owned() })
}

/// As long as the service itself takes at most.
const TIME_LIMIT: Duration = Duration::from_secs(30);

fn shown(report: &Report, key: &VerifierKey) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(&format!("FOUND: {finding}\n"));
    }
    let checkpoint = &report.checkpoint;
    text.push_str(&format!(
        "log: {}, {} leaves, root {}\n",
        checkpoint.origin, checkpoint.size, checkpoint.root
    ));
    text.push_str(&format!("key: {key}\n"));
    text.push_str(&format!(
        "checked: leaves {} up to before {}, {} records\n",
        report.leaves.start, report.leaves.end, report.records
    ));
    let removed: u64 = report.expired.values().sum();
    if let (Some((first, _)), Some((last, _))) =
        (report.expired.first_key_value(), report.expired.last_key_value())
    {
        text.push_str(&format!(
            "removed by retention: {removed} records of {} days, {first} to {last}\n",
            report.expired.len()
        ));
    }
    match report.findings.len() {
        0 => text.push_str("nothing was changed, removed, added or moved\n"),
        count => text.push_str(&format!("{count} findings\n")),
    }
    text
}

//! `keywright secrets status`.
//!
//! When a secret was and will be rotated, Secrets Manager tells; why a rotation failed, the audit trail does, by the events that
//! AWS has for that.

mod rotations;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use keywright_aws_api::{Clock as _, SystemClock};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use self::rotations::{Failure, Secret, Standing, failures, secrets};
use crate::api_client::ApiError;
use crate::commands::admin::Target;
use crate::commands::audit::output::{Output, harmless};
use crate::commands::audit::table::table;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Status {
    #[command(flatten)]
    target: Target,
    /// Only secrets whose names begin so
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Only secrets whose rotation failed, was abandoned or is overdue
    #[arg(long)]
    failed: bool,
    /// Print an array of objects
    #[arg(long)]
    json: bool,
}

/// A secret, and how its rotation is.
struct Entry<'a> {
    secret: &'a Secret,
    standing: Standing,
    failure: Option<&'a Failure>,
}

impl Status {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let (now, client) = (SystemClock.now(), self.target.api_client()?);
        let secrets = secrets(&client, self.name.as_deref()).await?;
        let failures = match failures(&client, now).await {
            Ok(failures) => failures,
            Err(error @ ApiError::Refused { .. }) => {
                console.warn(&format!("what failed and why can't be told: {error}"));
                BTreeMap::new()
            }
            Err(error) => return Err(error.into()),
        };
        let mut entries: Vec<_> = secrets
            .iter()
            .map(|secret| {
                let failure = failures.get(secret.arn());
                let standing = secret.standing(failure, now);
                Entry { secret, standing, failure: failure.filter(|_| standing.is_of_failure()) }
            })
            .collect();
        if self.failed {
            entries.retain(|entry| entry.standing.is_bad());
        }
        let output = Output::open();
        if self.json {
            let objects = entries.iter().map(object).collect();
            output.print(&format!("{:#}\n", Value::Array(objects)))?;
        } else if entries.is_empty() {
            console.say(if self.failed { "no rotation failed or is overdue" } else { "there is no secret" });
        } else {
            output.print(&shown(&entries, output.width(), output.has_colours()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A table, and below it why what failed has failed, in full.
fn shown(entries: &[Entry<'_>], width: Option<usize>, colours: bool) -> String {
    let columns = ["secret", "rotated by", "last rotation", "next", "status"].map(str::to_owned);
    let rows: Vec<_> = entries.iter().map(row).collect();
    let table = table(&columns, &rows, width);
    let standings = entries.iter().map(|entry| Some(entry.standing));
    // The names of the columns, and the rule.
    let of_line = [None, None].into_iter().chain(standings);
    let mut text = String::new();
    for (line, standing) in table.lines().zip(of_line) {
        text.push_str(&painted(line, standing, colours));
        text.push('\n');
    }
    for entry in entries {
        let Some(failure) = entry.failure else { continue };
        text.push_str(&format!("\n{}: {}\n", harmless(&entry.secret.name), harmless(&failure.why)));
    }
    text
}

fn painted(line: &str, standing: Option<Standing>, colours: bool) -> String {
    let colour = match standing {
        Some(Standing::Failed | Standing::Overdue) => "31",
        Some(Standing::Abandoned) => "33",
        Some(Standing::Off | Standing::NeverSetUp) => "2",
        Some(Standing::Well | Standing::Rotating) | None => return line.to_owned(),
    };
    if colours { format!("\u{1b}[{colour}m{line}\u{1b}[0m") } else { line.to_owned() }
}

fn row(entry: &Entry<'_>) -> Vec<String> {
    let Entry { secret, standing, failure } = entry;
    let minute = |at: Option<OffsetDateTime>| {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
        at.and_then(|at| at.format(&format).ok())
    };
    let since = minute(failure.map(|failure| failure.at)).map(|at| format!(" {at}")).unwrap_or_default();
    let status = match standing {
        Standing::NeverSetUp => "not set up".to_owned(),
        Standing::Off => "turned off".to_owned(),
        Standing::Well => "well".to_owned(),
        Standing::Rotating => "being rotated".to_owned(),
        Standing::Overdue => "overdue".to_owned(),
        Standing::Failed => format!("failed{since}"),
        Standing::Abandoned => format!("abandoned{since}"),
    };
    let last = minute(secret.last_rotated()).unwrap_or_else(|| match standing {
        Standing::NeverSetUp => String::new(),
        _ => "never".to_owned(),
    });
    let next = minute(secret.next_rotation()).unwrap_or_default();
    vec![secret.name.clone(), secret.function_name().unwrap_or_default().to_owned(), last, next, status]
}

fn object(entry: &Entry<'_>) -> Value {
    let time = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok());
    let Entry { secret, standing, failure } = entry;
    json!({
        "arn": secret.arn(),
        "name": secret.name,
        "function": secret.function_arn(),
        "lastRotated": time(secret.last_rotated()),
        "nextRotation": time(secret.next_rotation()),
        "status": standing.name(),
        "failedAt": time(failure.map(|failure| failure.at)),
        "reason": failure.map(|failure| failure.why.as_str()),
    })
}

const AFTER_HELP: &str = "\
Status:
  well           the last rotation succeeded, or none was due yet
  being rotated  a rotation runs, or waits for its next attempt
  failed         the last one failed; its next window takes it up again
  abandoned      the last one isn't gone on with: a value was put, or AWSPENDING was moved
  overdue        the time of the next one is over
  turned off     by CancelRotateSecret
  not set up     it was never rotated

Times are UTC; next is the last moment of the window. Needs secretsmanager:ListSecrets, and
cloudtrail:LookupEvents for what failed in the last 90 days, but no right to read any value.";

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::rotations::tests::secret;
    use super::*;

    #[test]
    fn what_failed_is_red_and_told_in_full_below() {
        let failed = secret(json!({
            "RotationEnabled": true, "RotationLambdaARN": "arn:aws:lambda:r:1:function:keywright-redis",
            "NextRotationDate": datetime!(2026-11-11 0:00 UTC).unix_timestamp(),
        }));
        let why = "setSecret: db can't be reached: \u{1b}[2Jconnection refused".to_owned();
        let failure = Failure { at: datetime!(2026-11-10 11:00 UTC), why, is_abandoned: false };
        let never = secret(json!({ "Name": "key" }));
        let entries = [
            Entry { secret: &failed, standing: Standing::Failed, failure: Some(&failure) },
            Entry { secret: &never, standing: Standing::NeverSetUp, failure: None },
        ];
        let text = shown(&entries, None, false);
        assert_eq!(
            text,
            "secret  rotated by       last rotation  next              status\n\
             ──────  ───────────────  ─────────────  ────────────────  ───────────────────────\n\
             db      keywright-redis  never          2026-11-11 00:00  failed 2026-11-10 11:00\n\
             key                                                       not set up\n\
             \n\
             db: setSecret: db can't be reached: \u{fffd}[2Jconnection refused\n"
        );
        let coloured = shown(&entries, Some(100), true);
        assert!(coloured.contains("\u{1b}[31mdb ") && coloured.contains("\u{1b}[2mkey "), "{coloured}");
        let object = object(&entries[0]);
        assert_eq!(
            (&object["status"], &object["failedAt"], &object["lastRotated"]),
            (&json!("failed"), &json!("2026-11-10T11:00:00Z"), &Value::Null)
        );
    }
}

//! `keywright audit who-used`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use keywright_service::{Destination, ServiceClient};
use serde::Deserialize;
use serde_json::json;

use super::cloudtrail::{client, literal, query};
use super::output::Output;
use super::since::Moment;
use super::table::table;
use crate::commands::admin::{Target, call};
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(super) struct WhoUsed {
    #[command(flatten)]
    target: Target,
    /// The key's id or ARN, or an alias
    key: String,
    /// Not before this: a day, a time, or an age such as 7d
    #[arg(long, default_value = "90d")]
    since: Moment,
    /// Before this
    #[arg(long)]
    until: Option<Moment>,
    /// Print an array of objects
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    key_metadata: KeyMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyMetadata {
    arn: String,
}

/// The uses of a key by one principal with one operation.
#[derive(Debug, Default, PartialEq, Eq)]
struct Uses {
    allowed: u64,
    refused: u64,
    first: String,
    last: String,
}

impl WhoUsed {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let arn = self.arn().await?;
        let trail = client(&self.target)?;
        let uses = uses(&trail, &self.statements(&arn)).await?;
        let output = Output::open();
        if self.json {
            let rows = uses.iter().map(|((principal, operation), uses)| {
                json!({"principal": principal, "operation": operation, "allowed": uses.allowed,
                       "refused": uses.refused, "first": uses.first, "last": uses.last})
            });
            output.print(&format!("{:#}\n", serde_json::Value::Array(rows.collect())))?;
            return Ok(ExitCode::SUCCESS);
        }
        if uses.is_empty() {
            console.say(&format!("nobody used {arn}"));
            return Ok(ExitCode::SUCCESS);
        }
        let columns = ["principal", "operation", "allowed", "refused", "first", "last"].map(str::to_owned);
        let rows: Vec<_> = uses
            .into_iter()
            .map(|((principal, operation), uses)| {
                let (allowed, refused) = (uses.allowed.to_string(), uses.refused.to_string());
                vec![principal, operation, allowed, refused, uses.first, uses.last]
            })
            .collect();
        output.print(&table(&columns, &rows, output.width()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// An ARN of a key is one; of all else KMS knows the key.
    async fn arn(&self) -> Result<String, CliError> {
        if self.key.starts_with("arn:") && self.key.contains(":key/") {
            return Ok(self.key.clone());
        }
        let kms = self.target.client_of(Destination {
            endpoint: self.target.endpoint_url.clone(),
            signing_name: keywright_service::kms::SIGNING_NAME,
            target_prefix: "TrentService",
        })?;
        let described: Described = call(&kms, "DescribeKey", json!({ "KeyId": self.key })).await?;
        Ok(described.key_metadata.arn)
    }

    /// The key is the first resource of nearly all its uses, which needs no record; of a re-encryption it may be the second.
    fn statements(&self, arn: &str) -> [String; 2] {
        let arn = literal(arn);
        let mut range = format!("eventTime >= {}", self.since.sql());
        if let Some(until) = self.until {
            range.push_str(&format!(" AND eventTime < {}", until.sql()));
        }
        [
            format!("resources[1].ARN = {arn}"),
            format!("eventName = 'ReEncrypt' AND resources[1].ARN <> {arn} AND any_match(resources, r -> r.ARN = {arn})"),
        ]
        .map(|which| {
            format!(
                "SELECT coalesce(userIdentity.arn, ''), eventName, count_if(errorCode IS NULL), \
                 count_if(errorCode IS NOT NULL), min(eventTime), max(eventTime) FROM events WHERE {range} AND {which} \
                 GROUP BY 1, 2"
            )
        })
    }
}

async fn uses(
    trail: &ServiceClient,
    statements: &[String],
) -> Result<BTreeMap<(String, String), Uses>, CliError> {
    let mut all = BTreeMap::new();
    for statement in statements {
        for row in query(trail, statement).await?.rows {
            add(&mut all, row);
        }
    }
    Ok(all)
}

fn add(all: &mut BTreeMap<(String, String), Uses>, row: Vec<String>) {
    let Ok([principal, operation, allowed, refused, first, last]) = <[String; 6]>::try_from(row) else {
        return;
    };
    let principal = if principal.is_empty() { "(unknown)".to_owned() } else { principal };
    let uses = all.entry((principal, operation)).or_default();
    uses.allowed += allowed.parse::<u64>().unwrap_or(0);
    uses.refused += refused.parse::<u64>().unwrap_or(0);
    if uses.first.is_empty() || first < uses.first {
        uses.first = first;
    }
    if last > uses.last {
        uses.last = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_by_either_resource_are_added_up() {
        let row = |cells: [&str; 6]| cells.map(str::to_owned).to_vec();
        let mut all = BTreeMap::new();
        add(&mut all, row(["a", "ReEncrypt", "2", "1", "2026-02-01", "2026-03-01"]));
        add(&mut all, row(["a", "ReEncrypt", "3", "0", "2026-01-01", "2026-02-01"]));
        add(&mut all, row(["", "Decrypt", "1", "0", "2026-01-01", "2026-01-01"]));
        let (first, last) = ("2026-01-01".to_owned(), "2026-03-01".to_owned());
        let expected = Uses { allowed: 5, refused: 1, first, last };
        assert_eq!(all[&("a".to_owned(), "ReEncrypt".to_owned())], expected);
        assert!(all.contains_key(&("(unknown)".to_owned(), "Decrypt".to_owned())));
    }
}

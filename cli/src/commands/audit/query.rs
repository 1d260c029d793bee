//! `keywright audit query`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use super::cloudtrail::{client, query};
use super::csv::csv;
use super::output::Output;
use super::table::table;
use crate::commands::admin::Target;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(super) struct Query {
    #[command(flatten)]
    target: Target,
    /// The statement; `events` is the table of all events of the account
    sql: String,
    /// Another event data store, which `events` then stands for in FROM and JOIN
    #[arg(long, value_name = "ID")]
    event_data_store: Option<String>,
    /// Print an array of objects
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
}

impl Query {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let statement = match &self.event_data_store {
            None => self.sql.clone(),
            Some(store) => with_store(&self.sql, store),
        };
        let found = query(&client(&self.target)?, &statement).await?;
        let output = Output::open();
        let text = if self.json {
            let rows = found.rows.iter().map(|row| {
                let cells = found.columns.iter().zip(row);
                let object: Map<_, _> =
                    cells.map(|(name, cell)| (name.clone(), Value::from(cell.as_str()))).collect();
                Value::Object(object)
            });
            format!("{:#}\n", Value::Array(rows.collect()))
        } else if self.csv {
            csv(&found.columns, &found.rows)
        } else if found.rows.is_empty() {
            console.say("nothing was found");
            return Ok(ExitCode::SUCCESS);
        } else {
            table(&found.columns, &found.rows, output.width())
        };
        output.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The statement with another table than `events` behind FROM and JOIN.
fn with_store(statement: &str, store: &str) -> String {
    let id = store.rsplit('/').next().unwrap_or(store);
    let mut words = Vec::new();
    let mut before = String::new();
    for word in statement.split(' ') {
        let is_table = ["from", "join"].contains(&before.as_str());
        words.push(if is_table && word.eq_ignore_ascii_case("events") { id } else { word });
        if !word.is_empty() {
            before = word.to_lowercase();
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::with_store;

    #[test]
    fn another_store_takes_the_place_of_the_table_only() {
        let found = with_store(
            "SELECT events FROM events e JOIN  events f ON 'x' = 'events'",
            "arn:x:eventdatastore/7",
        );
        assert_eq!(found, "SELECT events FROM 7 e JOIN  7 f ON 'x' = 'events'");
    }
}

//! `keywright audit dead-letters`: what came to be stored and is no event.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use keywright_service::ServiceClient;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operators_api;
use super::table::table;
use crate::commands::admin::{Target, call};
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List them: where each came from, and why it is no event
    List {
        #[command(flatten)]
        target: Target,
        /// Also those that were replayed
        #[arg(long)]
        all: bool,
        /// A line of JSON for each, with what it holds, in base64
        #[arg(long)]
        json: bool,
    },
    /// Send them through the journal once more; what is still no event becomes a dead letter again
    Replay {
        #[command(flatten)]
        target: Target,
        /// All that were not replayed yet
        #[arg(long, required_unless_present = "source")]
        all: bool,
        /// The source of the one to replay
        #[arg(long, requires = "position", conflicts_with = "all")]
        source: Option<String>,
        /// Its position there
        #[arg(long, requires = "source")]
        position: Option<i64>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    dead_letters: Vec<Value>,
    truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replayed {
    replayed: u64,
    missing: u64,
}

impl DeadLetters {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        match self.action {
            Action::List { target, all, json } => {
                list(&target.client_of(operators_api(&target))?, all, json, console).await?
            }
            Action::Replay { target, source: Some(source), position, .. } => {
                let place = json!({ "Source": source, "Position": position });
                let done = replay(&target.client_of(operators_api(&target))?, vec![place]).await?;
                if done.missing > 0 {
                    console.warn("there is no dead letter of that place");
                    return Ok(ExitCode::FAILURE);
                }
                console.say("replayed it");
            }
            Action::Replay { target, source: None, .. } => {
                let client = target.client_of(operators_api(&target))?;
                let (mut after, mut count) = (json!({}), 0);
                loop {
                    let page = page(&client, &after, false, false).await?;
                    let places: Vec<Value> = page.dead_letters.iter().map(place).collect();
                    let Some(last) = places.last().cloned() else { break };
                    count += replay(&client, places).await?.replayed;
                    after = last;
                    if !page.truncated {
                        break;
                    }
                }
                console.say(&format!("replayed {count} dead letters"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(client: &ServiceClient, all: bool, json: bool, console: &Console) -> Result<(), CliError> {
    let (mut after, mut rows) = (json!({}), Vec::new());
    loop {
        let page = page(client, &after, all, json).await?;
        for letter in &page.dead_letters {
            if json {
                console.print(&format!("{letter}\n"));
                continue;
            }
            rows.push(COLUMNS.map(|(_, member)| shown(letter.get(member))).to_vec());
        }
        match page.dead_letters.last() {
            Some(last) if page.truncated => after = place(last),
            _ => break,
        }
    }
    if rows.is_empty() {
        if !json {
            console.say("there are no dead letters");
        }
        return Ok(());
    }
    let columns = COLUMNS.map(|(name, _)| name.to_owned());
    console.print(&table(&columns, &rows, None));
    Ok(())
}

async fn page(client: &ServiceClient, after: &Value, all: bool, payloads: bool) -> Result<Page, CliError> {
    // Members that are null are taken as left out.
    let input = json!({
        "AfterSource": after.get("Source"),
        "AfterPosition": after.get("Position"),
        "All": all,
        "Payloads": payloads,
        "MaxResults": if payloads { 10 } else { 100 },
    });
    call(client, "ListDeadLetters", input).await
}

async fn replay(client: &ServiceClient, places: Vec<Value>) -> Result<Replayed, CliError> {
    call(client, "ReplayDeadLetters", json!({ "DeadLetters": places })).await
}

fn place(letter: &Value) -> Value {
    json!({ "Source": letter.get("Source"), "Position": letter.get("Position") })
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

const COLUMNS: [(&str, &str); 5] = [
    ("source", "Source"),
    ("position", "Position"),
    ("event id", "EventId"),
    ("bytes", "Bytes"),
    ("reason", "Reason"),
];

//! The CloudTrail API, as these commands use it.

use std::time::Duration;

use keywright_service::{Destination, ServiceClient};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::admin::{Target, call};
use crate::error::CliError;

/// What a query found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    query_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    query_status: String,
    #[serde(default)]
    query_result_rows: Vec<Vec<Value>>,
    next_token: Option<String>,
    error_message: Option<String>,
}

pub(super) fn client(target: &Target) -> Result<ServiceClient, CliError> {
    target.client_of(Destination {
        endpoint: target.endpoint_url.clone(),
        signing_name: "cloudtrail",
        target_prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    })
}

/// Runs a statement to its end. Its columns are known if it finds anything.
pub(super) async fn query(client: &ServiceClient, statement: &str) -> Result<Found, CliError> {
    let started: Started = call(client, "StartQuery", json!({ "QueryStatement": statement })).await?;
    let mut input = json!({ "QueryId": started.query_id });
    let mut pause = FIRST_PAUSE;
    let mut found = Found::default();
    loop {
        let page: Page = call(client, "GetQueryResults", &input).await?;
        match page.query_status.as_str() {
            "QUEUED" | "RUNNING" => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            "FINISHED" => {}
            status => {
                let reason = page.error_message.unwrap_or_else(|| status.to_lowercase());
                return Err(CliError::Query { reason });
            }
        }
        for row in page.query_result_rows {
            let cells = row.into_iter().filter_map(|cell| match cell {
                Value::Object(cell) => cell.into_iter().next(),
                _ => None,
            });
            let (names, values): (Vec<_>, Vec<_>) = cells.unzip();
            found.columns = names;
            let values = values.into_iter().map(|value| value.as_str().unwrap_or_default().to_owned());
            found.rows.push(values.collect());
        }
        match page.next_token {
            Some(token) => input = json!({ "QueryId": started.query_id, "NextToken": token }),
            None => return Ok(found),
        }
    }
}

/// A literal of a statement.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

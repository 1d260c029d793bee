//! GetQueryResults.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html>

use std::collections::BTreeMap;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_query::{accesses, find_query};
use crate::error::AuditError;
use crate::lake::page_token::{from_token, to_token};
use crate::lake::queries::{Query, Status};
use crate::lake::store::queries;
use crate::service::AuditTrail;

/// Shows a page of a query's result.
pub struct GetQueryResults;

/// Which.
#[derive(Input)]
pub struct GetQueryResultsInput {
    /// Its store.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: Option<String>,
    /// Its id.
    #[member(length = 36..=36, pattern = "^[a-f0-9\\-]+$")]
    pub query_id: String,
    /// Where the page begins.
    #[member(length = 4..=1000, pattern = ".*")]
    pub next_token: Option<String>,
    /// How many rows.
    #[member(range = 1..=1000)]
    pub max_query_results: Option<i32>,
    /// The caller's account.
    #[member(length = 12..=16, pattern = "\\d+")]
    pub event_data_store_owner_account_id: Option<String>,
}

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetQueryResultsOutput {
    query_status: Status,
    query_statistics: Statistics,
    /// Each column of a row by itself, as a name may be there twice.
    query_result_rows: Vec<Vec<BTreeMap<String, String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    results_count: usize,
    total_results_count: i64,
}

impl Operation for GetQueryResults {
    type Service = AuditTrail;
    type Input = GetQueryResultsInput;
    type Output = GetQueryResultsOutput;
    type Resource = Query;
    type Error = AuditError;

    const NAME: &'static str = "GetQueryResults";
    const ACTION: &'static str = "cloudtrail:GetQueryResults";
    const READ_ONLY: bool = true;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        input: &GetQueryResultsInput,
    ) -> Result<Query, AuditError> {
        let owner = input.event_data_store_owner_account_id.as_deref();
        find_query(trail, call, &input.query_id, input.event_data_store.as_deref(), owner).await
    }

    fn accesses(call: &Call, _input: &GetQueryResultsInput, query: &Query) -> Accesses {
        accesses(Self::ACTION, call, &query.stores)
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetQueryResultsOutput, AuditError> {
        let (input, query) = (request.input, request.resource);
        let id = query.id.to_string();
        let list = ["results", id.as_str()];
        let known = input.next_token.as_deref().map(|token| from_token(token, &list)).transpose()?;
        let known = known.map(|known| known.parse().map_err(|_| AuditError::InvalidNextToken)).transpose()?;
        let mut output = GetQueryResultsOutput {
            query_status: query.status,
            query_statistics: Statistics { results_count: 0, total_results_count: query.rows },
            query_result_rows: Vec::new(),
            next_token: None,
            error_message: query.error.clone(),
        };
        if query.status != Status::Finished {
            return Ok(output);
        }
        let limit = i64::from(input.max_query_results.unwrap_or(PAGE));
        let connection = trail.store.connection().await?;
        let rows = queries::results(&connection, query.id, known.unwrap_or(0), limit).await?;
        drop(connection);
        let (mut bytes, mut last) = (0, 0);
        for (ordinal, cells) in rows {
            bytes += cells.len();
            if bytes > PAGE_BYTES && last > 0 {
                break;
            }
            output.query_result_rows.push(row(query, &cells)?);
            last = ordinal;
        }
        output.query_statistics.results_count = output.query_result_rows.len();
        output.next_token = (last > 0 && last < query.rows).then(|| to_token(&last.to_string(), &list));
        Ok(output)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetQueryResultsInput,
        _query: Option<&'a Query>,
        _output: Option<&'a GetQueryResultsOutput>,
    ) {
        shown.request.push_opt_str("eventDataStore", input.event_data_store.as_deref());
        shown.request.push_str("queryId", input.query_id.as_str());
        if let Some(max) = input.max_query_results {
            shown.request.push_i64("maxQueryResults", max.into());
        }
    }
}

fn row(query: &Query, cells: &str) -> Result<Vec<BTreeMap<String, String>>, AuditError> {
    let cells: Vec<Option<String>> = serde_json::from_str(cells).map_err(|_| AuditError::StoredResult)?;
    let named = query.columns.iter().zip(cells);
    // The map's values are texts in the API's model, where null has no place.
    Ok(named.map(|(name, value)| BTreeMap::from([(name.clone(), value.unwrap_or_default())])).collect())
}

const PAGE: i32 = 1_000;
/// A page may have fewer rows than it was asked for.
const PAGE_BYTES: usize = 4 * 1_024 * 1_024;

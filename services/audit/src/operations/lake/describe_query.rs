//! DescribeQuery.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeQuery.html>

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_query::{accesses, find_query};
use crate::error::AuditError;
use crate::lake::queries::{Query, Status};
use crate::service::AuditTrail;

/// Says how far a query is.
pub struct DescribeQuery;

/// Which.
#[derive(Input)]
pub struct DescribeQueryInput {
    /// Its store.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: Option<String>,
    /// Its id.
    #[member(length = 36..=36, pattern = "^[a-f0-9\\-]+$")]
    pub query_id: Option<String>,
    /// There are no dashboards.
    #[member(length = 1..=256, pattern = "^[a-zA-Z][a-zA-Z0-9._\\-]*$")]
    pub query_alias: Option<String>,
    /// There are no dashboards.
    #[member(length = 10..=20, pattern = "\\d+")]
    pub refresh_id: Option<String>,
    /// The caller's account.
    #[member(length = 12..=16, pattern = "\\d+")]
    pub event_data_store_owner_account_id: Option<String>,
}

/// How far it is.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeQueryOutput {
    query_id: String,
    query_string: String,
    query_status: Status,
    query_statistics: Statistics,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

/// What of AWS's statistics is known here; which events Postgres looked at isn't.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_time_in_millis: Option<i64>,
    creation_time: Timestamp,
}

impl Operation for DescribeQuery {
    type Service = AuditTrail;
    type Input = DescribeQueryInput;
    type Output = DescribeQueryOutput;
    type Resource = Query;
    type Error = AuditError;

    const NAME: &'static str = "DescribeQuery";
    const ACTION: &'static str = "cloudtrail:DescribeQuery";
    const READ_ONLY: bool = true;

    async fn load(trail: &AuditTrail, call: &Call, input: &DescribeQueryInput) -> Result<Query, AuditError> {
        if input.query_alias.is_some() || input.refresh_id.is_some() {
            return Err(AuditError::Unsupported("There are no dashboards, whose queries have an alias."));
        }
        let id = input.query_id.as_deref().ok_or(AuditError::InvalidParameter("QueryId is missing."))?;
        let owner = input.event_data_store_owner_account_id.as_deref();
        find_query(trail, call, id, input.event_data_store.as_deref(), owner).await
    }

    fn accesses(call: &Call, _input: &DescribeQueryInput, query: &Query) -> Accesses {
        accesses(Self::ACTION, call, &query.stores)
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeQueryOutput, AuditError> {
        let query = request.resource;
        Ok(DescribeQueryOutput {
            query_id: query.id.to_string(),
            query_string: query.statement.clone(),
            query_status: query.status,
            query_statistics: Statistics {
                execution_time_in_millis: query.run_ms,
                creation_time: query.created_at.into(),
            },
            error_message: query.error.clone(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeQueryInput,
        _query: Option<&'a Query>,
        _output: Option<&'a DescribeQueryOutput>,
    ) {
        shown.request.push_opt_str("eventDataStore", input.event_data_store.as_deref());
        shown.request.push_opt_str("queryId", input.query_id.as_deref());
    }
}

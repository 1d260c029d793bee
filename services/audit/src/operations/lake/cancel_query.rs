//! CancelQuery.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CancelQuery.html>

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_query::{accesses, find_query};
use crate::error::AuditError;
use crate::lake::queries::{Query, Status};
use crate::lake::store::queries;
use crate::service::AuditTrail;

/// Ends a query, and its statement wherever it runs.
pub struct CancelQuery;

/// Which.
#[derive(Input)]
pub struct CancelQueryInput {
    /// Its store.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: Option<String>,
    /// Its id.
    #[member(length = 36..=36, pattern = "^[a-f0-9\\-]+$")]
    pub query_id: String,
    /// The caller's account.
    #[member(length = 12..=16, pattern = "\\d+")]
    pub event_data_store_owner_account_id: Option<String>,
}

/// What became of it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CancelQueryOutput {
    query_id: String,
    query_status: Status,
}

impl Operation for CancelQuery {
    type Service = AuditTrail;
    type Input = CancelQueryInput;
    type Output = CancelQueryOutput;
    type Resource = Query;
    type Error = AuditError;

    const NAME: &'static str = "CancelQuery";
    const ACTION: &'static str = "cloudtrail:CancelQuery";
    const READ_ONLY: bool = false;

    async fn load(trail: &AuditTrail, call: &Call, input: &CancelQueryInput) -> Result<Query, AuditError> {
        let owner = input.event_data_store_owner_account_id.as_deref();
        find_query(trail, call, &input.query_id, input.event_data_store.as_deref(), owner).await
    }

    fn accesses(call: &Call, _input: &CancelQueryInput, query: &Query) -> Accesses {
        accesses(Self::ACTION, call, &query.stores)
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CancelQueryOutput, AuditError> {
        let query = request.resource;
        if !queries::cancel(work.transaction().await?, request.call.account(), query.id).await? {
            return Err(AuditError::QueryEnded);
        }
        Ok(CancelQueryOutput { query_id: query.id.to_string(), query_status: Status::Cancelled })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CancelQueryInput,
        _query: Option<&'a Query>,
        _output: Option<&'a CancelQueryOutput>,
    ) {
        shown.request.push_opt_str("eventDataStore", input.event_data_store.as_deref());
        shown.request.push_str("queryId", input.query_id.as_str());
    }
}

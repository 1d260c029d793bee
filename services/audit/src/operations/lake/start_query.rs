//! StartQuery.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html>

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_query::accesses;
use super::named_store::all_stores;
use crate::error::AuditError;
use crate::lake::queries::{Query, Status};
use crate::lake::runner::Job;
use crate::lake::sql::{Catalog, Translated, translate};
use crate::lake::store::queries;
use crate::service::AuditTrail;

/// Starts a query.
pub struct StartQuery;

/// The query.
#[derive(Input)]
pub struct StartQueryInput {
    /// The statement.
    #[member(length = 1..=10000, pattern = "(?s).*")]
    pub query_statement: Option<String>,
    /// There is nowhere to deliver to.
    #[member(length = 0..=1024, pattern = "s3://[a-z0-9][\\.\\-a-z0-9]{1,61}[a-z0-9](/.*)?")]
    pub delivery_s3_uri: Option<String>,
    /// There are no dashboards.
    #[member(length = 1..=256, pattern = "^[a-zA-Z][a-zA-Z0-9._\\-]*$")]
    pub query_alias: Option<String>,
    /// They go with an alias.
    #[member(length = 1..=10, each(length = 1..=1024, pattern = ".*"))]
    pub query_parameters: Option<Vec<String>>,
    /// The caller's account.
    #[member(length = 12..=16, pattern = "\\d+")]
    pub event_data_store_owner_account_id: Option<String>,
}

/// Its id.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartQueryOutput {
    query_id: String,
}

impl Operation for StartQuery {
    type Service = AuditTrail;
    type Input = StartQueryInput;
    type Output = StartQueryOutput;
    type Resource = Translated;
    type Error = AuditError;

    const NAME: &'static str = "StartQuery";
    const ACTION: &'static str = "cloudtrail:StartQuery";
    const READ_ONLY: bool = true;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        input: &StartQueryInput,
    ) -> Result<Translated, AuditError> {
        if input.delivery_s3_uri.is_some() {
            return Err(AuditError::Unsupported("Results are not delivered to S3: use GetQueryResults."));
        }
        if input.query_alias.is_some() || input.query_parameters.is_some() {
            return Err(AuditError::Unsupported("There are no dashboards, whose queries have an alias."));
        }
        let owner = input.event_data_store_owner_account_id.as_deref();
        if owner.is_some_and(|owner| owner != call.account_ref().as_str()) {
            return Err(AuditError::StoreNotFound);
        }
        let statement = input.query_statement.as_deref();
        let statement = statement.ok_or(AuditError::InvalidParameter("QueryStatement is missing."))?;
        let stores = all_stores(trail, call).await?;
        let stores = stores.iter().map(|store| store.in_catalog()).collect::<Result<_, _>>()?;
        Ok(translate(statement, &Catalog { stores })?)
    }

    fn accesses(call: &Call, _input: &StartQueryInput, translated: &Translated) -> Accesses {
        accesses(Self::ACTION, call, &translated.stores)
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<StartQueryOutput, AuditError> {
        let (call, translated) = (request.call, request.resource);
        if !trail.queue.is_ready() {
            return Err(AuditError::Unsupported(
                "Queries are not set up: the audit service's database lacks the role that they run as.",
            ));
        }
        for store in all_stores(trail, call).await? {
            if store.deleted_at.is_some() && translated.stores.contains(&store.id) {
                return Err(AuditError::StoreInactive);
            }
        }
        let bytes = trail.random.bytes().map_err(AuditError::Random)?;
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let query = Query {
            id,
            stores: translated.stores.clone(),
            statement: request.input.query_statement.clone().unwrap_or_default(),
            columns: translated.columns.clone(),
            status: Status::Queued,
            error: None,
            created_at: call.received_at,
            run_ms: None,
            rows: 0,
        };
        if !queries::insert(work.transaction().await?, call.account(), &query, MAX_QUERIES).await? {
            return Err(AuditError::TooManyQueries);
        }
        let (queue, job) =
            (trail.queue.clone(), Job { id, account: call.account(), sql: translated.sql.clone() });
        work.after_commit(move || queue.push(job));
        Ok(StartQueryOutput { query_id: id.to_string() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a StartQueryInput,
        _translated: Option<&'a Translated>,
        output: Option<&'a StartQueryOutput>,
    ) {
        shown.request.push_opt_str("queryStatement", input.query_statement.as_deref());
        if let Some(output) = output {
            shown.response.push_str("queryId", output.query_id.as_str());
        }
    }
}

/// AWS's limit for an account.
const MAX_QUERIES: i64 = 10;

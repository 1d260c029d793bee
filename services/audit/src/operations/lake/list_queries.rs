//! ListQueries.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListQueries.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::named_store::{access, find_store, show_store, tag_keys};
use crate::error::AuditError;
use crate::lake::event_data_store::EventDataStore;
use crate::lake::page_token::{from_token, to_token};
use crate::lake::queries::Status;
use crate::lake::store::queries::{self, Listed};
use crate::service::AuditTrail;

/// Lists the account's queries of an event data store, the newest first.
pub struct ListQueries;

/// Which.
#[derive(Input)]
pub struct ListQueriesInput {
    /// The store.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: String,
    /// Where the page begins.
    #[member(length = 4..=1000, pattern = ".*")]
    pub next_token: Option<String>,
    /// How many.
    #[member(range = 1..=1000)]
    pub max_results: Option<i32>,
    /// Not before this.
    pub start_time: Option<Timestamp>,
    /// Not after this.
    pub end_time: Option<Timestamp>,
    /// Only those.
    pub query_status: Option<Status>,
}

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListQueriesOutput {
    queries: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    query_id: String,
    query_status: Status,
    creation_time: Timestamp,
}

impl Operation for ListQueries {
    type Service = AuditTrail;
    type Input = ListQueriesInput;
    type Output = ListQueriesOutput;
    type Resource = EventDataStore;
    type Error = AuditError;

    const NAME: &'static str = "ListQueries";
    const ACTION: &'static str = "cloudtrail:ListQueries";
    const READ_ONLY: bool = true;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        input: &ListQueriesInput,
    ) -> Result<EventDataStore, AuditError> {
        find_store(trail, call, &input.event_data_store).await
    }

    fn accesses(call: &Call, _input: &ListQueriesInput, store: &EventDataStore) -> Accesses {
        access(Self::ACTION, call, &store.arn()).into()
    }

    fn context_keys(_call: &Call, _input: &ListQueriesInput, store: &EventDataStore, keys: &mut ContextKeys) {
        tag_keys(store, keys);
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListQueriesOutput, AuditError> {
        let (call, input, store) = (request.call, request.input, request.resource);
        let time = |time: Option<Timestamp>| time.map(Timestamp::to_offset_date_time);
        let (start, end) = (time(input.start_time), time(input.end_time));
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(AuditError::InvalidDateRange);
        }
        let oldest = call.received_at - KEPT_FOR;
        let until = end.unwrap_or(call.received_at + A_DAY);
        let status = input.query_status.map_or("", Status::as_str);
        let times = [start, end].map(|time| time.map_or_else(String::new, |time| time.to_string()));
        let id = store.id.to_string();
        let [from, to] = &times;
        let list = ["queries", &id, status, from, to];
        let behind = match input.next_token.as_deref() {
            Some(token) => place(&from_token(token, &list)?).ok_or(AuditError::InvalidNextToken)?,
            None => (until + A_DAY, Uuid::nil()),
        };
        let since = start.map_or(oldest, |start| start.max(oldest));
        let listed = Listed { store: store.id, since, until, status: input.query_status, behind };
        let limit = usize::try_from(input.max_results.unwrap_or(PAGE)).unwrap_or(1);
        let rows = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let connection = trail.store.connection().await?;
        let mut found = queries::list(&connection, call.account(), &listed, rows).await?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| has_more);
        let next_token = last.map(|(id, _, time)| to_token(&text(*time, *id), &list));
        let queries = found.into_iter().map(|(id, query_status, time)| Item {
            query_id: id.to_string(),
            query_status,
            creation_time: time.into(),
        });
        Ok(ListQueriesOutput { queries: queries.collect(), next_token })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListQueriesInput,
        _store: Option<&'a EventDataStore>,
        _output: Option<&'a ListQueriesOutput>,
    ) {
        show_store(shown, &input.event_data_store);
        shown.request.push_opt_str("queryStatus", input.query_status.map(Status::as_str));
    }
}

fn text(time: OffsetDateTime, id: Uuid) -> String {
    format!("{} {id}", time.unix_timestamp_nanos())
}

fn place(text: &str) -> Option<(OffsetDateTime, Uuid)> {
    let (time, id) = text.split_once(' ')?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(time.parse().ok()?).ok()?;
    Some((time, Uuid::try_parse(id).ok()?))
}

const PAGE: i32 = 1_000;
const KEPT_FOR: Duration = Duration::days(7);
const A_DAY: Duration = Duration::days(1);

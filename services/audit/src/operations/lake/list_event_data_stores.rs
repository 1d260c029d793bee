//! ListEventDataStores.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListEventDataStores.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::described::Described;
use super::named_store::all_stores;
use crate::error::AuditError;
use crate::lake::page_token::{from_token, to_token};
use crate::service::AuditTrail;

/// Lists the event data stores of the account in the Region.
pub struct ListEventDataStores;

/// Which page.
#[derive(Input)]
pub struct ListEventDataStoresInput {
    /// Where it begins.
    #[member(length = 4..=1000, pattern = ".*")]
    pub next_token: Option<String>,
    /// How many.
    #[member(range = 1..=1000)]
    pub max_results: Option<i32>,
}

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListEventDataStoresOutput {
    event_data_stores: Vec<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListEventDataStores {
    type Service = AuditTrail;
    type Input = ListEventDataStoresInput;
    type Output = ListEventDataStoresOutput;
    type Resource = ();
    type Error = AuditError;

    const NAME: &'static str = "ListEventDataStores";
    const ACTION: &'static str = "cloudtrail:ListEventDataStores";
    const READ_ONLY: bool = true;

    async fn load(
        _trail: &AuditTrail,
        _call: &Call,
        _input: &ListEventDataStoresInput,
    ) -> Result<(), AuditError> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &ListEventDataStoresInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListEventDataStoresOutput, AuditError> {
        let (call, input) = (request.call, request.input);
        let list = ["stores", call.account_ref().as_str(), call.region.as_str()];
        let behind = input.next_token.as_deref().map(|token| from_token(token, &list)).transpose()?;
        let limit = usize::try_from(input.max_results.unwrap_or(PAGE)).unwrap_or(1);
        let mut stores = all_stores(trail, call).await?;
        stores.sort_by_key(|store| store.id);
        stores.retain(|store| behind.as_deref().is_none_or(|behind| *store.id.to_string() > *behind));
        let has_more = stores.len() > limit;
        stores.truncate(limit);
        let last = stores.last().filter(|_| has_more);
        Ok(ListEventDataStoresOutput {
            next_token: last.map(|last| to_token(&last.id.to_string(), &list)),
            event_data_stores: stores.iter().map(Described::of).collect(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListEventDataStoresInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a ListEventDataStoresOutput>,
    ) {
        if let Some(max_results) = input.max_results {
            shown.request.push_i64("maxResults", max_results.into());
        }
    }
}

const PAGE: i32 = 1_000;

//! ListSecrets.

use keywright_audit_log::Fields;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::search::Search;
use super::wire::{SecretDetails, StagesByVersion, stages_by_version};
use crate::domain::filter::{FilterInput, FilterKey, Filters};
use crate::domain::listing::{Listing, SortBy, SortOrder};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

/// Input of [ListSecrets](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html).
#[derive(Input)]
pub struct ListSecretsInput {
    /// Whether secrets that wait for their deletion are shown too.
    pub include_planned_deletion: Option<bool>,
    /// How many secrets a page has at most.
    #[member(range = 1..=100)]
    pub max_results: Option<i32>,
    /// Where the page begins.
    #[member(length = 1..=4096)]
    pub next_token: Option<String>,
    /// Which secrets are shown.
    #[member(shape, length = ..=10)]
    pub filters: Option<Vec<FilterInput>>,
    /// Which end of the order comes first.
    pub sort_order: Option<SortOrder>,
    /// In which order.
    pub sort_by: Option<SortBy>,
}

/// Output of ListSecrets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListSecretsOutput {
    secret_list: Vec<SecretListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SecretListEntry {
    #[serde(flatten)]
    details: SecretDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_versions_to_stages: Option<StagesByVersion>,
}

/// The operation.
pub struct ListSecrets;

impl Operation for ListSecrets {
    type Service = Secrets;
    type Input = ListSecretsInput;
    type Output = ListSecretsOutput;
    type Resource = ();
    type Error = Error;

    const NAME: &'static str = "ListSecrets";
    const ACTION: &'static str = "secretsmanager:ListSecrets";
    const READ_ONLY: bool = true;

    async fn load(_service: &Secrets, _call: &Call, _input: &ListSecretsInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &ListSecretsInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListSecretsOutput, Error> {
        let input = request.input;
        let (by, order) =
            (input.sort_by.unwrap_or(SortBy::CreatedDate), input.sort_order.unwrap_or(SortOrder::Asc));
        let asked = Search {
            filters: Filters::of_request(input.filters.as_deref())?,
            limit: input.max_results.unwrap_or(MAX_RESULTS),
            with_deleted: input.include_planned_deletion.unwrap_or(false),
            listing: Listing { by, order },
            next_token: input.next_token.as_deref(),
        };
        let (secrets, next_token) = asked.page(service, request.call).await?;
        let entry = |secret: Secret| SecretListEntry {
            secret_versions_to_stages: stages_by_version(&secret),
            details: SecretDetails::of(&secret),
        };
        Ok(ListSecretsOutput { secret_list: secrets.into_iter().map(entry).collect(), next_token })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListSecretsInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a ListSecretsOutput>,
    ) {
        if let Some(filters) = &input.filters {
            shown.request.push_objects("filters", filters.iter().map(shown_filter));
        }
        if let Some(max_results) = input.max_results {
            shown.request.push_i64("maxResults", max_results.into());
        }
        if let Some(include) = input.include_planned_deletion {
            shown.request.push_bool("includePlannedDeletion", include);
        }
        shown.request.push_opt_str("sortBy", input.sort_by.map(SortBy::as_str));
        shown.request.push_opt_str("sortOrder", input.sort_order.map(SortOrder::as_str));
        shown.request.push_opt_str("nextToken", input.next_token.as_deref());
    }
}

/// What the record shows of a filter.
pub(super) fn shown_filter(filter: &FilterInput) -> Fields<'_> {
    let mut shown = Fields::new();
    shown.push_opt_str("key", filter.key.map(FilterKey::as_str));
    if let Some(values) = &filter.values {
        shown.push_list("values", values.iter().map(String::as_str));
    }
    shown
}

const MAX_RESULTS: i32 = 100;

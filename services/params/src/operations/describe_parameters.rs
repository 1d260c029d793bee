//! DescribeParameters.

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Access, Accesses, AccountId, Authorized, Call, Input, Operation, Shown, ask_policy};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::on_shared;
use super::inline_policy::InlinePolicy;
use super::visibility::{ListKeys, Visibility};
use crate::domain::filter::{BEGINS_WITH, Conditions, DESCRIBE_KEYS, Filter, KEY_NAME};
use crate::domain::kind::{ParameterType, Tier};
use crate::domain::page_token::{self, List, cut_page};
use crate::domain::parameter::Metadata;
use crate::error::Error;
use crate::service::Params;
use crate::store::Scope;
use crate::store::lists::{self, Shared};
use crate::store::policies::StoredPolicies;
use crate::store::sharing::compile;

/// [DescribeParameters](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html).
pub struct DescribeParameters;

/// What DescribeParameters takes.
#[derive(Input)]
pub struct DescribeParametersInput {
    /// Filters of the older form.
    #[member(shape)]
    pub filters: Option<Vec<ParametersFilter>>,
    /// Filters.
    #[member(shape)]
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    /// The most parameters of a page.
    #[member(range = 1..=50)]
    pub max_results: Option<i32>,
    /// Where the list goes on.
    pub next_token: Option<String>,
    /// Whether parameters are meant that other accounts share.
    pub shared: Option<bool>,
}

keywright_aws_api::wire_enum! {
    /// What a filter of the older form compares.
    pub enum ParametersFilterKey {
        /// The beginning of the name.
        Name = "Name",
        /// The type.
        Type = "Type",
        /// The KMS key.
        KeyId = "KeyId",
    }
}

/// A filter of the older form.
#[derive(Debug, Input)]
pub struct ParametersFilter {
    /// What is compared.
    pub key: ParametersFilterKey,
    /// With what.
    #[member(length = 1..=50, each(length = 1..=1024))]
    pub values: Vec<String>,
}

/// A [ParameterStringFilter](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html).
#[derive(Debug, Input)]
pub struct ParameterStringFilter {
    /// What is compared.
    #[member(length = 1..=132, pattern = "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType")]
    pub key: String,
    /// How.
    #[member(length = 1..=10)]
    pub option: Option<String>,
    /// With what.
    #[member(length = 1..=50, each(length = 1..=1024))]
    pub values: Option<Vec<String>>,
}

/// What DescribeParameters answers.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeParametersOutput {
    parameters: Vec<ParameterMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A [ParameterMetadata](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterMetadata {
    name: String,
    #[serde(rename = "ARN")]
    arn: String,
    r#type: ParameterType,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    last_modified_date: Timestamp,
    last_modified_user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_pattern: Option<String>,
    version: i64,
    tier: Tier,
    policies: Vec<InlinePolicy>,
    data_type: String,
}

impl Operation for DescribeParameters {
    type Service = Params;
    type Input = DescribeParametersInput;
    type Output = DescribeParametersOutput;
    type Resource = ();
    type Error = Error;

    const NAME: &'static str = "DescribeParameters";
    const ACTION: &'static str = "ssm:DescribeParameters";
    const READ_ONLY: bool = true;

    async fn load(_service: &Params, _call: &Call, _input: &DescribeParametersInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &DescribeParametersInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeParametersOutput, Error> {
        let (call, input) = (request.call, request.input);
        let conditions = input.conditions()?;
        let after = match &input.next_token {
            Some(token) => page_token::decode(List::Described, token)?,
            None => String::new(),
        };
        let size = input.max_results.unwrap_or(DEFAULT_PAGE);
        if input.shared == Some(true) {
            return shared(service, call, &conditions, &after, size).await;
        }
        let scope = Scope::new(&call.region, call.account());
        let connection = service.store.connection().await?;
        let mut found =
            lists::describe(&connection, &scope, &conditions, &after, i64::from(size) + 1).await?;
        let last = cut_page(&mut found, size.unsigned_abs() as usize, |metadata| metadata.path().to_owned());
        let policies = StoredPolicies::of(&connection, &found).await?;
        drop(connection);
        let listed = found.iter().collect::<Vec<_>>();
        let visible = VISIBILITY.of_own(service, call, &listed).await?;
        let shown = found.into_iter().zip(visible).filter(|(_, is_visible)| *is_visible);
        let parameters = shown.map(|(metadata, _)| shown_metadata(metadata, &policies, call, call.account()));
        Ok(DescribeParametersOutput {
            parameters: parameters.collect(),
            next_token: last.map(|last| page_token::encode(List::Described, &last)),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeParametersInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a DescribeParametersOutput>,
    ) {
        let request = &mut shown.request;
        if let Some(filters) = &input.filters {
            request.push_objects(
                "filters",
                filters.iter().map(|filter| {
                    let mut fields = Fields::new();
                    fields.push_str("key", filter.key.as_str());
                    fields.push_list("values", filter.values.iter().map(String::as_str));
                    fields
                }),
            );
        }
        if let Some(filters) = &input.parameter_filters {
            request.push_objects("parameterFilters", shown_filters(filters));
        }
        if let Some(max_results) = input.max_results {
            request.push_i64("maxResults", max_results.into());
        }
        request.push_opt_str("nextToken", input.next_token.as_deref());
        if let Some(shared) = input.shared {
            request.push_bool("shared", shared);
        }
    }
}

/// What other accounts share with the caller, who must be let in by the policy of each parameter.
async fn shared(
    service: &Params,
    call: &Call,
    conditions: &Conditions,
    after: &str,
    size: i32,
) -> Result<DescribeParametersOutput, Error> {
    let scope = Scope::new(&call.region, call.account());
    let connection = service.store.connection().await?;
    let mut found = lists::shared(&connection, &scope, conditions, after, i64::from(size) + 1).await?;
    let last = cut_page(&mut found, size.unsigned_abs() as usize, |shared| shared.location.clone());
    let policies = StoredPolicies::of(&connection, found.iter().map(|shared| &shared.metadata)).await?;
    drop(connection);
    let mut parameters = Vec::new();
    for Shared { metadata, owner, policy, tags, .. } in found {
        let arn = metadata.arn(&call.region, owner);
        let policy = compile(&policy, &arn)?;
        let access = |action| on_shared(action, owner, &arn, Some(Arc::clone(&policy)));
        let keys = ListKeys { tags: &tags, recursive: None };
        let is_let_in = ask_policy(call, &access(DescribeParameters::ACTION), &keys, &policy).admits();
        if is_let_in && VISIBILITY.shows(call, access, &tags) {
            parameters.push(shown_metadata(metadata, &policies, call, owner));
        }
    }
    let next_token = last.map(|last| page_token::encode(List::Described, &last));
    Ok(DescribeParametersOutput { parameters, next_token })
}

impl DescribeParametersInput {
    fn conditions(&self) -> Result<Conditions, Error> {
        let older = self.filters.as_deref().unwrap_or_default();
        let filters = self.parameter_filters.as_deref();
        if !older.is_empty() && filters.is_some_and(|filters| !filters.is_empty()) {
            return Err(Error::BothFilters);
        }
        let older = older.iter().map(|filter| Filter {
            key: filter.key.as_str(),
            option: (filter.key.as_str() == KEY_NAME).then_some(BEGINS_WITH),
            values: &filter.values,
        });
        Ok(Conditions::read(older.chain(as_filters(filters)), DESCRIBE_KEYS)?)
    }
}

/// The filters of a request, as the domain takes them.
pub fn as_filters(filters: Option<&[ParameterStringFilter]>) -> impl Iterator<Item = Filter<'_>> {
    filters.unwrap_or_default().iter().map(|filter| Filter {
        key: &filter.key,
        option: filter.option.as_deref(),
        values: filter.values.as_deref().unwrap_or_default(),
    })
}

/// The filters of a request, as its record shows them.
pub fn shown_filters(filters: &[ParameterStringFilter]) -> impl Iterator<Item = Fields<'_>> {
    filters.iter().map(|filter| {
        let mut fields = Fields::new();
        fields.push_str("key", &filter.key).push_opt_str("option", filter.option.as_deref());
        if let Some(values) = &filter.values {
            fields.push_list("values", values.iter().map(String::as_str));
        }
        fields
    })
}

fn shown_metadata(
    metadata: Metadata,
    policies: &StoredPolicies,
    call: &Call,
    owner: AccountId,
) -> ParameterMetadata {
    ParameterMetadata {
        policies: InlinePolicy::of_version(policies, &metadata),
        arn: metadata.arn(&call.region, owner),
        name: metadata.name,
        r#type: metadata.parameter_type,
        key_id: metadata.key_id,
        last_modified_date: metadata.modified_at.into(),
        last_modified_user: metadata.modified_by,
        description: metadata.description,
        allowed_pattern: metadata.allowed_pattern,
        version: metadata.version,
        tier: metadata.tier,
        data_type: metadata.data_type,
    }
}

const VISIBILITY: Visibility = Visibility { action: DescribeParameters::ACTION, recursive: None };
const DEFAULT_PAGE: i32 = 10;

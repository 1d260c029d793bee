//! GetResourcePolicies.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::show_parameter;
use super::super::get_parameter::Target;
use super::{load, metadata};
use crate::domain::sharing::SharingError;
use crate::error::Error;
use crate::service::Params;
use crate::store::sharing;

/// [GetResourcePolicies](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetResourcePolicies.html).
pub struct GetResourcePolicies;

/// What GetResourcePolicies takes.
#[derive(Input)]
pub struct GetResourcePoliciesInput {
    /// The parameter's ARN.
    #[member(length = 20..=2048)]
    pub resource_arn: String,
    /// Where the list goes on, which never has a second page.
    pub next_token: Option<String>,
    /// The most policies of a page.
    #[member(range = 1..=50)]
    pub max_results: Option<i32>,
}

/// What GetResourcePolicies answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetResourcePoliciesOutput {
    policies: Vec<PolicyEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyEntry {
    policy_id: String,
    policy_hash: String,
    policy: String,
}

impl Operation for GetResourcePolicies {
    type Service = Params;
    type Input = GetResourcePoliciesInput;
    type Output = GetResourcePoliciesOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "GetResourcePolicies";
    const ACTION: &'static str = "ssm:GetResourcePolicies";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetResourcePoliciesInput) -> Result<Target, Error> {
        load(service, call, &input.resource_arn).await
    }

    fn accesses(_call: &Call, _input: &GetResourcePoliciesInput, target: &Target) -> Accesses {
        target.access(Self::ACTION).into()
    }

    fn condition_key(
        _call: &Call,
        _input: &GetResourcePoliciesInput,
        target: Option<&Target>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetResourcePoliciesOutput, Error> {
        let input = request.input;
        let id = metadata(request.resource, &input.resource_arn)?.id;
        if input.next_token.is_some() {
            return Err(SharingError::Token.into());
        }
        let connection = service.store.connection().await?;
        let policy = sharing::find(&connection, id).await?;
        let policies = policy.into_iter().map(|policy| PolicyEntry {
            policy_id: policy.id,
            policy_hash: policy.hash,
            policy: policy.text,
        });
        Ok(GetResourcePoliciesOutput { policies: policies.collect() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetResourcePoliciesInput,
        resource: Option<&'a Target>,
        _output: Option<&'a GetResourcePoliciesOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("resourceArn", &input.resource_arn);
        if let Some(max_results) = input.max_results {
            request.push_i64("maxResults", max_results.into());
        }
        request.push_opt_str("nextToken", input.next_token.as_deref());
        if let Some(target) = resource {
            show_parameter(shown, &target.reference.account, &target.arn);
        }
    }
}

//! DeleteResourcePolicy.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::show_parameter;
use super::super::get_parameter::Target;
use super::{check_current, load, lock, metadata};
use crate::error::Error;
use crate::service::Params;
use crate::store::sharing;

/// [DeleteResourcePolicy](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteResourcePolicy.html).
pub struct DeleteResourcePolicy;

/// What DeleteResourcePolicy takes.
#[derive(Input)]
pub struct DeleteResourcePolicyInput {
    /// The parameter's ARN.
    #[member(length = 20..=2048)]
    pub resource_arn: String,
    /// The policy.
    pub policy_id: String,
    /// What it is now.
    pub policy_hash: String,
}

/// What DeleteResourcePolicy answers.
#[derive(Debug, Serialize)]
pub struct DeleteResourcePolicyOutput {}

impl Operation for DeleteResourcePolicy {
    type Service = Params;
    type Input = DeleteResourcePolicyInput;
    type Output = DeleteResourcePolicyOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "DeleteResourcePolicy";
    const ACTION: &'static str = "ssm:DeleteResourcePolicy";
    const READ_ONLY: bool = false;

    async fn load(service: &Params, call: &Call, input: &DeleteResourcePolicyInput) -> Result<Target, Error> {
        load(service, call, &input.resource_arn).await
    }

    fn accesses(_call: &Call, _input: &DeleteResourcePolicyInput, target: &Target) -> Accesses {
        target.access(Self::ACTION).into()
    }

    fn condition_key(
        _call: &Call,
        _input: &DeleteResourcePolicyInput,
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
        work: &mut PostgresWork,
    ) -> Result<DeleteResourcePolicyOutput, Error> {
        let (input, target) = (request.input, request.resource);
        metadata(target, &input.resource_arn)?;
        let (locked, current) = lock(service, target, request.call, work).await?;
        check_current(current, &input.policy_id, &input.policy_hash)?;
        sharing::delete(work.transaction().await?, locked.id).await?;
        Ok(DeleteResourcePolicyOutput {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteResourcePolicyInput,
        resource: Option<&'a Target>,
        _output: Option<&'a DeleteResourcePolicyOutput>,
    ) {
        shown
            .request
            .push_str("resourceArn", &input.resource_arn)
            .push_str("policyId", &input.policy_id)
            .push_str("policyHash", &input.policy_hash);
        if let Some(target) = resource {
            show_parameter(shown, &target.reference.account, &target.arn);
        }
    }
}

//! GetResourcePolicy.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

/// Input of
/// [GetResourcePolicy](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html).
#[derive(Input)]
pub struct GetResourcePolicyInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// Output of GetResourcePolicy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetResourcePolicyOutput {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_policy: Option<String>,
}

/// The operation.
pub struct GetResourcePolicy;

impl Operation for GetResourcePolicy {
    type Service = Secrets;
    type Input = GetResourcePolicyInput;
    type Output = GetResourcePolicyOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "GetResourcePolicy";
    const ACTION: &'static str = "secretsmanager:GetResourcePolicy";
    const READ_ONLY: bool = true;

    async fn load(service: &Secrets, call: &Call, input: &GetResourcePolicyInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &GetResourcePolicyInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetResourcePolicyInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, _input: &GetResourcePolicyInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
    }

    async fn run(
        _service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetResourcePolicyOutput, Error> {
        let secret = request.resource.active()?;
        Ok(GetResourcePolicyOutput {
            arn: secret.arn.to_string(),
            name: secret.name.to_string(),
            resource_policy: secret.policy.as_ref().map(|policy| policy.text().to_owned()),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetResourcePolicyInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a GetResourcePolicyOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_secret(shown, secret);
    }
}

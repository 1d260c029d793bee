//! PutResourcePolicy.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::super::wire::SecretOutput;
use crate::domain::resource_policy;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [PutResourcePolicy](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html).
#[derive(Input)]
pub struct PutResourcePolicyInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The policy.
    #[member(length = 1..=20480)]
    pub resource_policy: String,
    /// Whether a public one is refused.
    pub block_public_policy: Option<bool>,
}

/// The operation.
pub struct PutResourcePolicy;

impl Operation for PutResourcePolicy {
    type Service = Secrets;
    type Input = PutResourcePolicyInput;
    type Output = SecretOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "PutResourcePolicy";
    const ACTION: &'static str = "secretsmanager:PutResourcePolicy";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &PutResourcePolicyInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &PutResourcePolicyInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &PutResourcePolicyInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, input: &PutResourcePolicyInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        keys.push("secretsmanager:BlockPublicPolicy", blocks_public(input).to_string());
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretOutput, Error> {
        let policy = resource_policy::check(&request.input.resource_policy)?;
        if blocks_public(request.input) && policy.is_public() {
            return Err(Error::PublicPolicy);
        }
        let (transaction, locked) = service.change(work, request.resource).await?;
        locked.active()?;
        let text = Some(request.input.resource_policy.as_str());
        store::secrets::set_policy(transaction, locked.id, text, request.call.received_at).await?;
        service.tell_regions_after(work, &locked, request.call.received_at).await?;
        Ok(SecretOutput::of(&locked))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a PutResourcePolicyInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_str("resourcePolicy", &input.resource_policy);
        if let Some(block) = input.block_public_policy {
            shown.request.push_bool("blockPublicPolicy", block);
        }
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

fn blocks_public(input: &PutResourcePolicyInput) -> bool {
    input.block_public_policy.unwrap_or(false)
}

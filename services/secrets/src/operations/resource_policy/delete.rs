//! DeleteResourcePolicy.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::super::wire::SecretOutput;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [DeleteResourcePolicy](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteResourcePolicy.html).
#[derive(Input)]
pub struct DeleteResourcePolicyInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// The operation.
pub struct DeleteResourcePolicy;

impl Operation for DeleteResourcePolicy {
    type Service = Secrets;
    type Input = DeleteResourcePolicyInput;
    type Output = SecretOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "DeleteResourcePolicy";
    const ACTION: &'static str = "secretsmanager:DeleteResourcePolicy";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &DeleteResourcePolicyInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &DeleteResourcePolicyInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &DeleteResourcePolicyInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        _input: &DeleteResourcePolicyInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretOutput, Error> {
        let (transaction, locked) = service.change(work, request.resource).await?;
        locked.active()?;
        if locked.policy.is_some() {
            store::secrets::set_policy(transaction, locked.id, None, request.call.received_at).await?;
            service.tell_regions_after(work, &locked, request.call.received_at).await?;
        }
        Ok(SecretOutput::of(&locked))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteResourcePolicyInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

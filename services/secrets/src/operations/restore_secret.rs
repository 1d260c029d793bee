//! RestoreSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::SecretOutput;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

/// Input of [RestoreSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html).
#[derive(Input)]
pub struct RestoreSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// The operation.
pub struct RestoreSecret;

impl Operation for RestoreSecret {
    type Service = Secrets;
    type Input = RestoreSecretInput;
    type Output = SecretOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "RestoreSecret";
    const ACTION: &'static str = "secretsmanager:RestoreSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &RestoreSecretInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &RestoreSecretInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &RestoreSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, _input: &RestoreSecretInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretOutput, Error> {
        let (transaction, locked) = service.change(work, request.resource).await?;
        if locked.deletion.is_some() {
            let now = request.call.received_at;
            store::secrets::set_deletion(transaction, locked.id, None, now).await?;
            store::rotations::wake(transaction, locked.id, now).await?;
            service.add_event(work, SecretEvent::CancelDeletion, &locked, now).await?;
        }
        Ok(SecretOutput::of(&locked))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RestoreSecretInput,
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

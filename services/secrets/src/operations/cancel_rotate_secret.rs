//! CancelRotateSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::SecretVersionOutput;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::rotation::state::Rotation;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [CancelRotateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html).
#[derive(Input)]
pub struct CancelRotateSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// The operation.
pub struct CancelRotateSecret;

impl Operation for CancelRotateSecret {
    type Service = Secrets;
    type Input = CancelRotateSecretInput;
    type Output = SecretVersionOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "CancelRotateSecret";
    const ACTION: &'static str = "secretsmanager:CancelRotateSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &CancelRotateSecretInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &CancelRotateSecretInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &CancelRotateSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, _input: &CancelRotateSecretInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretVersionOutput, Error> {
        let now = request.call.received_at;
        let (transaction, locked) = service.change(work, request.resource).await?;
        let rotation = locked.active()?.rotation.clone().ok_or(Error::NoRotationFunction)?;
        let version = rotation.run.as_ref().map(|run| run.version.to_string());
        // The version of a rotation that runs keeps its label: whether the target knows it, only its owner can tell.
        let rotation = Rotation { enabled: false, run: None, window: None, ..rotation };
        store::rotations::put(transaction, &service.region, locked.id, &rotation, None).await?;
        store::secrets::set_changed(transaction, locked.id, now).await?;
        service.tell_regions_after(work, &locked, now).await?;
        Ok(SecretVersionOutput::of(&locked, version))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CancelRotateSecretInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretVersionOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

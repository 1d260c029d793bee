//! PutSecretValue.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::SecretBlob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::value::SecretValue;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::{Secrets, add_version};
use crate::store;

/// Input of [PutSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
#[derive(Input)]
pub struct PutSecretValueInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// Becomes the version's id.
    #[member(length = 32..=64)]
    pub client_request_token: Option<String>,
    /// The value, if it is bytes.
    #[member(length = 1..=65536)]
    pub secret_binary: Option<SecretBlob>,
    /// The value, if it is text.
    #[member(length = 1..=65536)]
    pub secret_string: Option<SecretString>,
    /// The version's labels; AWSCURRENT if there are none.
    #[member(length = 1..=20, each(length = 1..=256))]
    pub version_stages: Option<Vec<String>>,
    /// Shows that a rotator asks; for cross-account rotation.
    #[member(length = 36..=256, pattern = r"^[a-zA-Z0-9\-]+$")]
    pub rotation_token: Option<SecretString>,
}

/// Output of PutSecretValue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutSecretValueOutput {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: String,
    version_stages: Vec<String>,
}

/// The operation.
pub struct PutSecretValue;

impl Operation for PutSecretValue {
    type Service = Secrets;
    type Input = PutSecretValueInput;
    type Output = PutSecretValueOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "PutSecretValue";
    const ACTION: &'static str = "secretsmanager:PutSecretValue";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &PutSecretValueInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &PutSecretValueInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &PutSecretValueInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, _input: &PutSecretValueInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<PutSecretValueOutput, Error> {
        let (call, input) = (request.call, request.input);
        let secret = request.resource.active()?.own()?;
        let value = SecretValue::of_request(input.secret_string.as_ref(), input.secret_binary.as_ref())?
            .ok_or(Error::ValueMissing)?;
        let id = VersionId::of_request(input.client_request_token.as_deref())?;
        let labels = input.version_stages.iter().flatten().map(|label| Stage::parse(label));
        let labels = labels.collect::<Result<Vec<_>, _>>()?;
        if let Some(token) = &input.rotation_token {
            service.check_rotation_token(secret, &id, token).await?;
        }
        if repeated(service, call, secret, &id, &value).await? {
            return Ok(output(secret, &id, &secret.stages));
        }

        let kms_key_id = secret.kms_key_id.as_deref();
        let sealing =
            service.envelope.seal(&call.caller, &secret.arn, kms_key_id, id, &value, call.received_at);
        let version = sealing.await?;
        let copies = service.copies_of_new(&call.caller, secret, &version, value).await?;
        let (transaction, locked) = service.change(work, secret).await?;
        locked.active()?;
        if locked.kms_key_id != secret.kms_key_id {
            // Sealed under a key that the secret has left meanwhile.
            return Err(Error::Conflict);
        }
        let stages = add_version(transaction, &locked, &version, &labels).await?;
        copies.store(transaction, secret.id).await?;
        store::secrets::set_changed(transaction, secret.id, call.received_at).await?;
        service.heed_new_value(work, &locked, &stages, call.received_at).await?;
        service.tell_regions_after(work, &locked, call.received_at).await?;
        Ok(output(&locked, &version.id, &stages))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a PutSecretValueInput,
        secret: Option<&'a Secret>,
        output: Option<&'a PutSecretValueOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_opt_str("clientRequestToken", input.client_request_token.as_deref());
        if let Some(stages) = &input.version_stages {
            shown.request.push_list("versionStages", stages.iter().map(String::as_str));
        }
        show_secret(shown, secret);
        if let Some(output) = output {
            shown.response.push_str("arn", &output.arn).push_str("name", &output.name);
            shown.response.push_str("versionId", &output.version_id);
        }
    }
}

/// Whether the same request has made the version before.
async fn repeated(
    service: &Secrets,
    call: &Call,
    secret: &Secret,
    id: &VersionId,
    value: &SecretValue,
) -> Result<bool, Error> {
    let connection = service.store.connection().await?;
    let Some(version) = store::versions::find(&connection, secret.id, id).await? else { return Ok(false) };
    drop(connection);
    let stored = service.envelope.open(&call.caller, &secret.arn, &version).await?;
    if stored.is_same_as(value) {
        Ok(true)
    } else {
        Err(Error::TokenInUse { version: id.clone(), arn: secret.arn.to_string() })
    }
}

fn output(secret: &Secret, id: &VersionId, stages: &Stages) -> PutSecretValueOutput {
    PutSecretValueOutput {
        arn: secret.arn.to_string(),
        name: secret.name.to_string(),
        version_id: id.to_string(),
        version_stages: stages.of(id).map(Stage::to_string).collect(),
    }
}

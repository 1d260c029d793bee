//! UpdateSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::SecretBlob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, add_request_keys, on_secret, show_secret, unfound};
use super::wire::SecretVersionOutput;
use crate::domain::secret::{Secret, customer_key};
use crate::domain::storable::storable;
use crate::domain::value::SecretValue;
use crate::domain::version::{Version, WrappedDataKey};
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::replication::copying::Copies;
use crate::service::{Secrets, add_version};
use crate::store;

/// Input of [UpdateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).
#[derive(Input)]
pub struct UpdateSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// Becomes the version's id.
    #[member(length = 32..=64)]
    pub client_request_token: Option<String>,
    /// Another description.
    #[member(length = ..=2048)]
    pub description: Option<String>,
    /// Another KMS key; empty for the AWS managed one.
    #[member(length = 0..=2048)]
    pub kms_key_id: Option<String>,
    /// Another value, if it is bytes.
    #[member(length = 1..=65536)]
    pub secret_binary: Option<SecretBlob>,
    /// Another value, if it is text.
    #[member(length = 1..=65536)]
    pub secret_string: Option<SecretString>,
    /// The kind of a secret that a partner manages; not offered.
    #[member(length = 0..=256)]
    pub r#type: Option<String>,
}

/// The operation.
pub struct UpdateSecret;

impl Operation for UpdateSecret {
    type Service = Secrets;
    type Input = UpdateSecretInput;
    type Output = SecretVersionOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "UpdateSecret";
    const ACTION: &'static str = "secretsmanager:UpdateSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &UpdateSecretInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &UpdateSecretInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &UpdateSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(call: &Call, input: &UpdateSecretInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        add_request_keys(keys, call, input.description.as_deref(), input.kms_key_id.as_deref());
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretVersionOutput, Error> {
        let (call, input) = (request.call, request.input);
        let secret = request.resource.active()?;
        if input.r#type.as_deref().is_some_and(|kind| !kind.is_empty()) {
            return Err(Error::InvalidParameter("Secrets that a partner manages are not available."));
        }
        let value = SecretValue::of_request(input.secret_string.as_ref(), input.secret_binary.as_ref())?;
        let description = input.description.as_deref().map(storable).transpose()?;
        let given_key = input.kms_key_id.as_deref().map(storable).transpose()?;
        if value.is_some() || description.is_some() {
            // Of a replica, only the KMS key is its own.
            secret.own()?;
        }
        if value.is_none() && description.is_none() && given_key.is_none() {
            return Ok(SecretVersionOutput::of(secret, None));
        }
        let kms_key_id = given_key.map_or(secret.kms_key_id.as_deref(), customer_key);
        // All that KMS has to do is done before the secret is locked.
        let version = match &value {
            Some(value) => Some(new_version(service, call, input, secret, kms_key_id, value).await?),
            None => None,
        };
        let copies = match (&version, value) {
            (Some(version), Some(value)) => {
                service.copies_of_new(&call.caller, secret, version, value).await?
            }
            _ => Copies::default(),
        };
        let key_changes = kms_key_id != secret.kms_key_id.as_deref();
        let rewrapped =
            if key_changes { rewrap(service, call, secret, kms_key_id).await? } else { Vec::new() };

        let (transaction, locked) = service.change_any(work, secret).await?;
        locked.active()?;
        if locked.kms_key_id != secret.kms_key_id || locked.replica_of != secret.replica_of {
            return Err(Error::Conflict);
        }
        if key_changes && locked.stages.versions_in_rotation() != secret.stages.versions_in_rotation() {
            // A version has come meanwhile which would stay under the former key.
            return Err(Error::Conflict);
        }
        for (version, data_key) in &rewrapped {
            store::versions::rewrap(transaction, secret.id, version, data_key).await?;
        }
        let stages = match &version {
            Some(version) => Some(add_version(transaction, &locked, version, &[]).await?),
            None => None,
        };
        copies.store(transaction, secret.id).await?;
        let description = description.or(locked.description.as_deref());
        store::secrets::set_details(transaction, secret.id, description, kms_key_id, call.received_at)
            .await?;
        if let Some(stages) = &stages {
            service.heed_new_value(work, &locked, stages, call.received_at).await?;
        }
        service.tell_regions_after(work, &locked, call.received_at).await?;
        Ok(SecretVersionOutput::of(&locked, version.map(|version| version.id.to_string())))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateSecretInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretVersionOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_opt_str("clientRequestToken", input.client_request_token.as_deref());
        shown.request.push_opt_str("description", input.description.as_deref());
        shown.request.push_opt_str("kmsKeyId", input.kms_key_id.as_deref());
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

async fn new_version(
    service: &Secrets,
    call: &Call,
    input: &UpdateSecretInput,
    secret: &Secret,
    kms_key_id: Option<&str>,
    value: &SecretValue,
) -> Result<Version, Error> {
    let id = VersionId::of_request(input.client_request_token.as_deref())?;
    let connection = service.store.connection().await?;
    let present = store::versions::find(&connection, secret.id, &id).await?;
    drop(connection);
    if present.is_some() {
        return Err(Error::TokenInUse { version: id, arn: secret.arn.to_string() });
    }
    service.envelope.seal(&call.caller, &secret.arn, kms_key_id, id, value, call.received_at).await
}

/// The data keys of the versions in use, encrypted under another KMS key. None, where the caller may not encrypt with
/// it: then only new versions come under it.
async fn rewrap(
    service: &Secrets,
    call: &Call,
    secret: &Secret,
    kms_key_id: Option<&str>,
) -> Result<Vec<(Version, WrappedDataKey)>, Error> {
    let connection = service.store.connection().await?;
    let versions =
        store::versions::find_all(&connection, secret.id, &secret.stages.versions_in_rotation()).await?;
    drop(connection);
    let mut rewrapped = Vec::with_capacity(versions.len());
    for version in versions {
        match service.envelope.rewrap(&call.caller, &secret.arn, kms_key_id, &version).await? {
            Some(data_key) => rewrapped.push((version, data_key)),
            None => return Ok(Vec::new()),
        }
    }
    Ok(rewrapped)
}

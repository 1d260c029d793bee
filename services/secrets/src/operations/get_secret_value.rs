//! GetSecretValue.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{PlaintextOut, SecretTextOut, Timestamp};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::{SecretBytes, SecretString};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Date;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::value::{SecretValue, ValueKind};
use crate::domain::version::Version;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of [GetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
#[derive(Input)]
pub struct GetSecretValueInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The version, by its id.
    #[member(length = 32..=64)]
    pub version_id: Option<String>,
    /// The version, by a label; the current one if neither is given.
    #[member(length = 1..=256)]
    pub version_stage: Option<String>,
}

/// Output of GetSecretValue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSecretValueOutput {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_string: Option<SecretTextOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_binary: Option<PlaintextOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    version_stages: Vec<String>,
    created_date: Timestamp,
}

/// The operation.
pub struct GetSecretValue;

impl Operation for GetSecretValue {
    type Service = Secrets;
    type Input = GetSecretValueInput;
    type Output = GetSecretValueOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "GetSecretValue";
    const ACTION: &'static str = "secretsmanager:GetSecretValue";
    const READ_ONLY: bool = true;

    async fn load(service: &Secrets, call: &Call, input: &GetSecretValueInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &GetSecretValueInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, &secret.arn, secret.account).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetSecretValueInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, input: &GetSecretValueInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        let stage = input.version_stage.clone().unwrap_or_else(|| Stage::current().to_string());
        keys.push("secretsmanager:VersionStage", stage);
        if let Some(version) = &input.version_id {
            keys.push("secretsmanager:VersionId", version.clone());
        }
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<GetSecretValueOutput, Error> {
        let (call, input) = (request.call, request.input);
        let secret = request.resource.active()?;
        let id = asked_version(secret, input)?;
        let connection = service.store.connection().await?;
        let version = store::versions::find(&connection, secret.id, &id).await?;
        drop(connection);
        let version = version.ok_or(Error::VersionNotFound(id))?;
        let value = service.envelope.open(&call.caller, &secret.arn, &version).await?;
        note_access(work, secret, &version, call.received_at.date()).await?;
        output(secret, version, value)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetSecretValueInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a GetSecretValueOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_opt_str("versionId", input.version_id.as_deref());
        shown.request.push_opt_str("versionStage", input.version_stage.as_deref());
        show_secret(shown, secret);
    }
}

fn asked_version(secret: &Secret, input: &GetSecretValueInput) -> Result<VersionId, Error> {
    let id = input.version_id.as_deref().map(VersionId::parse).transpose()?;
    let stage = input.version_stage.as_deref().map(Stage::parse).transpose()?;
    match (id, stage) {
        (Some(id), None) => Ok(id),
        (Some(id), Some(stage)) if secret.stages.version(&stage) == Some(&id) => Ok(id),
        (Some(_), Some(_)) => Err(Error::StageOfOtherVersion),
        (None, stage) => {
            let stage = stage.unwrap_or_else(Stage::current);
            secret.stages.version(&stage).cloned().ok_or(Error::StageNotFound(stage))
        }
    }
}

/// The first access of a day is noted, together with its record.
async fn note_access(
    work: &mut PostgresWork,
    secret: &Secret,
    version: &Version,
    today: Date,
) -> Result<(), Error> {
    if secret.last_accessed_on.is_none_or(|day| day < today) {
        store::secrets::set_accessed(work.transaction().await?, secret.id, today).await?;
    }
    if version.last_accessed_on.is_none_or(|day| day < today) {
        store::versions::set_accessed(work.transaction().await?, secret.id, &version.id, today).await?;
    }
    Ok(())
}

fn output(secret: &Secret, version: Version, value: SecretValue) -> Result<GetSecretValueOutput, Error> {
    let (secret_string, secret_binary) = match value.kind() {
        ValueKind::String => (Some(SecretTextOut(text(&value.into_bytes())?)), None),
        ValueKind::Binary => (None, Some(PlaintextOut(value.into_bytes()))),
    };
    Ok(GetSecretValueOutput {
        arn: secret.arn.to_string(),
        name: secret.name.to_string(),
        version_stages: secret.stages.of(&version.id).map(Stage::to_string).collect(),
        version_id: version.id.to_string(),
        secret_string,
        secret_binary,
        created_date: version.created_at.into(),
    })
}

fn text(bytes: &SecretBytes) -> Result<SecretString, Error> {
    let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| Error::Corrupt("sealed_value"))?;
    Ok(SecretString::new(text.to_owned()))
}

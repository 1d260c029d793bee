//! One value, read for a caller who may.

use std::sync::Arc;

use keywright_aws_api::Call;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{PlaintextOut, SecretTextOut, Timestamp};
use keywright_crypto::{SecretBytes, SecretString};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Date;

use crate::directory::FoundSecret;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::value::{SecretValue, ValueKind};
use crate::domain::version::Version;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// A secret with one of its values: the output of GetSecretValue, and an entry in that of BatchGetSecretValue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretValueEntry {
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

/// Which version is asked for; the current one by default.
#[derive(Default)]
pub(super) struct Asked {
    id: Option<VersionId>,
    stage: Option<Stage>,
}

impl Asked {
    pub(super) fn of_request(version_id: Option<&str>, version_stage: Option<&str>) -> Result<Self, Error> {
        Ok(Self {
            id: version_id.map(VersionId::parse).transpose()?,
            stage: version_stage.map(Stage::parse).transpose()?,
        })
    }

    fn version(self, secret: &Secret) -> Result<VersionId, Error> {
        match (self.id, self.stage) {
            (Some(id), None) => Ok(id),
            (Some(id), Some(stage)) if secret.stages.version(&stage) == Some(&id) => Ok(id),
            (Some(_), Some(_)) => Err(Error::StageOfOtherVersion),
            (None, stage) => {
                let stage = stage.unwrap_or_else(Stage::current);
                secret.stages.version(&stage).cloned().ok_or(Error::StageNotFound(stage))
            }
        }
    }
}

/// The condition keys of the version that is asked for.
pub(super) fn add_version_keys(
    keys: &mut ContextKeys,
    version_id: Option<&str>,
    version_stage: Option<&str>,
) {
    let stage = version_stage.map_or_else(|| Stage::current().to_string(), str::to_owned);
    keys.push("secretsmanager:VersionStage", stage);
    if let Some(version) = version_id {
        keys.push("secretsmanager:VersionId", version.to_owned());
    }
}

/// Reads a value, by KMS for the caller.
pub(super) async fn read(
    service: &Secrets,
    call: &Call,
    found: &FoundSecret,
    asked: Asked,
) -> Result<(SecretValueEntry, Arc<Version>), Error> {
    let secret = found.secret.active()?;
    let id = asked.version(secret)?;
    let version = match &found.current {
        Some(current) if current.id == id => Arc::clone(current),
        Some(_) | None => stored(service, secret, id).await?,
    };
    let value = service.envelope.open(&call.caller, &secret.arn, &version).await?;
    Ok((entry(secret, &version, value)?, version))
}

async fn stored(service: &Secrets, secret: &Secret, id: VersionId) -> Result<Arc<Version>, Error> {
    let connection = service.store.connection().await?;
    let version = store::versions::find(&connection, secret.id, &id).await?;
    version.map(Arc::new).ok_or(Error::VersionNotFound(id))
}

/// The first access of a day is noted, together with its record.
pub(super) async fn note_access(
    service: &Secrets,
    work: &mut PostgresWork,
    secret: &Secret,
    version: &Version,
    today: Date,
) -> Result<(), Error> {
    let is_first = secret.last_accessed_on.is_none_or(|day| day < today);
    let is_first_of_version = version.last_accessed_on.is_none_or(|day| day < today);
    if is_first || is_first_of_version {
        service.directory.forget_after(work, secret.account, &secret.name);
        store::secrets::announce(work.transaction().await?, &service.region, secret).await?;
    }
    if is_first {
        store::secrets::set_accessed(work.transaction().await?, secret.id, today).await?;
        if secret.replica_of.is_some() {
            service.tell_regions_after(work, secret, service.now()).await?;
        }
    }
    if is_first_of_version {
        store::versions::set_accessed(work.transaction().await?, secret.id, &version.id, today).await?;
    }
    Ok(())
}

fn entry(secret: &Secret, version: &Version, value: SecretValue) -> Result<SecretValueEntry, Error> {
    let (secret_string, secret_binary) = match value.kind() {
        ValueKind::String => (Some(SecretTextOut(text(&value.into_bytes())?)), None),
        ValueKind::Binary => (None, Some(PlaintextOut(value.into_bytes()))),
    };
    Ok(SecretValueEntry {
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

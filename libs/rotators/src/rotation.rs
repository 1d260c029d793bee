//! One call of a rotator: what it is about, and its values.

use crate::document::Document;
use crate::{
    PutSecretValue, RotationError, RotationRequest, SecretDescription, SecretsApi, SecretsApiError,
    UpdateVersionStage,
};
use keywright_crypto::SecretString;

/// A request and whom to ask about it.
#[derive(Clone, Copy)]
pub(crate) struct Rotation<'a> {
    pub(crate) api: &'a dyn SecretsApi,
    pub(crate) request: &'a RotationRequest,
}

/// Whether there is anything to do for a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Pending,
    /// The version is current: the rotation is done.
    Done,
}

impl Rotation<'_> {
    /// The checks that come before every step.
    pub(crate) async fn standing(&self) -> Result<Standing, RotationError> {
        let description = self.describe().await?;
        if description.rotation_enabled == Some(false) {
            return Err(RotationError::NotEnabled);
        }
        let version_id = self.request.client_request_token.clone();
        let Some(stages) = description.versions.get(&version_id) else {
            return Err(RotationError::UnknownVersion { version_id });
        };
        let has = |stage: &str| stages.iter().any(|own| own == stage);
        if has(CURRENT) {
            return Ok(Standing::Done);
        }
        if has(PENDING) { Ok(Standing::Pending) } else { Err(RotationError::NotPending { version_id }) }
    }

    pub(crate) async fn current(&self) -> Result<SecretString, RotationError> {
        let value = self.api.get_secret_value(&self.request.secret_id, None, CURRENT).await;
        value.map_err(failed("GetSecretValue of AWSCURRENT"))
    }

    /// The pending version's value, if it has one yet.
    pub(crate) async fn pending_if_made(&self) -> Result<Option<SecretString>, RotationError> {
        let token = self.request.client_request_token.as_str();
        match self.api.get_secret_value(&self.request.secret_id, Some(token), PENDING).await {
            Ok(value) => Ok(Some(value)),
            Err(SecretsApiError::NotFound) => Ok(None),
            Err(error) => Err(failed("GetSecretValue of AWSPENDING")(error)),
        }
    }

    pub(crate) async fn pending(&self) -> Result<SecretString, RotationError> {
        let made = self.pending_if_made().await?;
        made.ok_or_else(|| failed("GetSecretValue of AWSPENDING")(SecretsApiError::NotFound))
    }

    pub(crate) async fn previous(&self) -> Result<Option<SecretString>, RotationError> {
        match self.api.get_secret_value(&self.request.secret_id, None, PREVIOUS).await {
            Ok(value) => Ok(Some(value)),
            Err(SecretsApiError::NotFound) => Ok(None),
            Err(error) => Err(failed("GetSecretValue of AWSPREVIOUS")(error)),
        }
    }

    /// The secret of the administrator, from the other secret that this one names.
    pub(crate) async fn master(&self, arn: &str) -> Result<Document, RotationError> {
        let value = self.api.get_secret_value(arn, None, CURRENT).await;
        Document::parse(&value.map_err(failed("GetSecretValue of the master secret"))?, MASTER)
    }

    pub(crate) async fn put_pending(&self, value: &SecretString) -> Result<(), RotationError> {
        let put = PutSecretValue {
            secret_id: &self.request.secret_id,
            token: &self.request.client_request_token,
            value,
            stages: &[PENDING],
            rotation_token: self.request.rotation_token.as_ref(),
        };
        self.api.put_secret_value(put).await.map_err(failed("PutSecretValue of AWSPENDING"))
    }

    pub(crate) async fn finish(&self) -> Result<(), RotationError> {
        let description = self.describe().await?;
        let token = self.request.client_request_token.as_str();
        let current = description.version_with(CURRENT);
        if current == Some(token) {
            return Ok(());
        }
        let update = UpdateVersionStage {
            secret_id: &self.request.secret_id,
            stage: CURRENT,
            move_to: token,
            remove_from: current,
        };
        self.api.update_version_stage(update).await.map_err(failed("UpdateSecretVersionStage"))
    }

    async fn describe(&self) -> Result<SecretDescription, RotationError> {
        self.api.describe(&self.request.secret_id).await.map_err(failed("DescribeSecret"))
    }
}

fn failed(action: &'static str) -> impl FnOnce(SecretsApiError) -> RotationError {
    move |source| RotationError::SecretsApi { action, source }
}

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PENDING: &str = "AWSPENDING";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";
pub(crate) const MASTER: &str = "the master secret";

//! What a rotation function asks of Secrets Manager.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use keywright_crypto::SecretString;
use thiserror::Error;

/// Secrets Manager, as the role of a rotation function sees it.
pub trait SecretsApi: Send + Sync {
    /// DescribeSecret.
    fn describe<'a>(
        &'a self,
        secret_id: &'a str,
    ) -> BoxFuture<'a, Result<SecretDescription, SecretsApiError>>;

    /// GetSecretValue: the `SecretString` of the version that has the stage, and the id if one is given. A secret without
    /// such a version is [`SecretsApiError::NotFound`], and so is a version without a value yet.
    fn get_secret_value<'a>(
        &'a self,
        secret_id: &'a str,
        version_id: Option<&'a str>,
        stage: &'a str,
    ) -> BoxFuture<'a, Result<SecretString, SecretsApiError>>;

    /// PutSecretValue. The same value put twice under one token is no error, another value is one.
    fn put_secret_value<'a>(&'a self, put: PutSecretValue<'a>) -> BoxFuture<'a, Result<(), SecretsApiError>>;

    /// UpdateSecretVersionStage.
    fn update_version_stage<'a>(
        &'a self,
        update: UpdateVersionStage<'a>,
    ) -> BoxFuture<'a, Result<(), SecretsApiError>>;
}

/// What of DescribeSecret's answer a rotation needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretDescription {
    /// `RotationEnabled`, if it is there.
    pub rotation_enabled: Option<bool>,
    /// `VersionIdsToStages`.
    pub versions: BTreeMap<String, Vec<String>>,
}

impl SecretDescription {
    /// The version that has the stage.
    pub fn version_with(&self, stage: &str) -> Option<&str> {
        let mut versions = self.versions.iter();
        versions.find(|(_, stages)| stages.iter().any(|own| own == stage)).map(|(id, _)| id.as_str())
    }
}

/// The members of PutSecretValue.
#[derive(Debug, Clone, Copy)]
pub struct PutSecretValue<'a> {
    /// `SecretId`.
    pub secret_id: &'a str,
    /// `ClientRequestToken`: the new version's id.
    pub token: &'a str,
    /// `SecretString`.
    pub value: &'a SecretString,
    /// `VersionStages`.
    pub stages: &'a [&'a str],
    /// `RotationToken`.
    pub rotation_token: Option<&'a SecretString>,
}

/// The members of UpdateSecretVersionStage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateVersionStage<'a> {
    /// `SecretId`.
    pub secret_id: &'a str,
    /// `VersionStage`.
    pub stage: &'a str,
    /// `MoveToVersionId`.
    pub move_to: &'a str,
    /// `RemoveFromVersionId`.
    pub remove_from: Option<&'a str>,
}

/// Why Secrets Manager did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretsApiError {
    /// ResourceNotFoundException.
    #[error("there is no such secret, version or stage")]
    NotFound,
    /// Another refusal, by its code and message.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's code, such as `AccessDeniedException`.
        code: String,
        /// What the message says.
        message: String,
    },
    /// No answer, or one that says to come back later.
    #[error("Secrets Manager could not be asked: {reason}")]
    Unavailable {
        /// Why, in words.
        reason: String,
    },
}

//! A Secrets Manager in memory, which can fail at a call.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use keywright_crypto::SecretString;
use keywright_rotators::{
    PutSecretValue, RotationRequest, RotationStep, SecretDescription, SecretsApi, SecretsApiError,
    UpdateVersionStage,
};
use parking_lot::Mutex;
use serde_json::Value;

/// Secrets by their ARNs.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<State>);

#[derive(Default)]
struct State {
    secrets: BTreeMap<String, Secret>,
    tokens: u32,
    calls: u32,
    fails_at: Option<(u32, Failing)>,
}

struct Secret {
    rotation_enabled: bool,
    versions: BTreeMap<String, Version>,
}

#[derive(Default)]
struct Version {
    value: Option<String>,
    stages: Vec<String>,
}

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// It does nothing.
    Before,
    /// It has done it, but its answer is lost.
    After,
}

impl Secrets {
    /// Adds a secret with a current version.
    pub(crate) fn add(&self, arn: &str, value: &Value) {
        let version = Version { value: Some(value.to_string()), stages: vec!["AWSCURRENT".to_owned()] };
        let versions = BTreeMap::from([("first".to_owned(), version)]);
        self.0.lock().secrets.insert(arn.to_owned(), Secret { rotation_enabled: true, versions });
    }

    /// What RotateSecret does: a version without a value becomes the pending one.
    pub(crate) fn begin_rotation(&self, arn: &str) -> String {
        let mut state = self.0.lock();
        state.tokens += 1;
        let token = format!("token-{}", state.tokens);
        let secret = state.secrets.get_mut(arn).unwrap();
        secret.versions.values_mut().for_each(|version| version.stages.retain(|stage| stage != "AWSPENDING"));
        secret.versions.insert(token.clone(), Version { value: None, stages: vec!["AWSPENDING".to_owned()] });
        // What has no label is gone.
        secret.versions.retain(|_, version| !version.stages.is_empty());
        token
    }

    /// Gives the pending version a value that no rotator has made.
    pub(crate) fn set_value(&self, arn: &str, stage: &str, value: &Value) {
        let mut state = self.0.lock();
        let versions = &mut state.secrets.get_mut(arn).unwrap().versions;
        let version = versions.values_mut().find(|version| version.stages.iter().any(|own| own == stage));
        version.unwrap().value = Some(value.to_string());
    }

    pub(crate) fn enable_rotation(&self, arn: &str, enabled: bool) {
        self.0.lock().secrets.get_mut(arn).unwrap().rotation_enabled = enabled;
    }

    /// The value of a stage.
    pub(crate) fn value(&self, arn: &str, stage: &str) -> Option<Value> {
        let state = self.0.lock();
        let mut versions = state.secrets[arn].versions.values();
        let version = versions.find(|version| version.stages.iter().any(|own| own == stage))?;
        version
            .value
            .as_ref()
            .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
    }

    /// From now on the `n`-th call fails, once.
    pub(crate) fn fail_at(&self, n: u32, failing: Failing) {
        let mut state = self.0.lock();
        (state.calls, state.fails_at) = (0, Some((n, failing)));
    }

    /// Whether the call that was to fail hasn't come; from now on none fails.
    pub(crate) fn stop_failing(&self) -> bool {
        self.0.lock().fails_at.take().is_some()
    }

    fn call<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<String, Secret>) -> Result<T, SecretsApiError>,
    ) -> Result<T, SecretsApiError> {
        let mut state = self.0.lock();
        state.calls += 1;
        let failing = state.fails_at.filter(|(n, _)| *n == state.calls).map(|(_, failing)| failing);
        let lost = Err(SecretsApiError::Unavailable { reason: "it is to fail".to_owned() });
        if failing.is_some() {
            state.fails_at = None;
        }
        if failing == Some(Failing::Before) {
            return lost;
        }
        let answer = work(&mut state.secrets);
        if failing == Some(Failing::After) { lost } else { answer }
    }
}

impl SecretsApi for Secrets {
    fn describe<'a>(
        &'a self,
        secret_id: &'a str,
    ) -> BoxFuture<'a, Result<SecretDescription, SecretsApiError>> {
        Box::pin(async move {
            self.call(|secrets| {
                let secret = secrets.get(secret_id).ok_or(SecretsApiError::NotFound)?;
                let stages = |(id, version): (&String, &Version)| (id.clone(), version.stages.clone());
                Ok(SecretDescription {
                    rotation_enabled: Some(secret.rotation_enabled),
                    versions: secret.versions.iter().map(stages).collect(),
                })
            })
        })
    }

    fn get_secret_value<'a>(
        &'a self,
        secret_id: &'a str,
        version_id: Option<&'a str>,
        stage: &'a str,
    ) -> BoxFuture<'a, Result<SecretString, SecretsApiError>> {
        Box::pin(async move {
            self.call(|secrets| {
                let secret = secrets.get(secret_id).ok_or(SecretsApiError::NotFound)?;
                let mut versions = secret.versions.iter();
                let found = versions.find(|(id, version)| {
                    version_id.is_none_or(|wanted| wanted == *id)
                        && version.stages.iter().any(|own| own == stage)
                });
                let value = found.and_then(|(_, version)| version.value.clone());
                value.map(SecretString::new).ok_or(SecretsApiError::NotFound)
            })
        })
    }

    fn put_secret_value<'a>(&'a self, put: PutSecretValue<'a>) -> BoxFuture<'a, Result<(), SecretsApiError>> {
        Box::pin(async move {
            assert_eq!(put.stages, ["AWSPENDING"]);
            self.call(|secrets| {
                let secret = secrets.get_mut(put.secret_id).ok_or(SecretsApiError::NotFound)?;
                let version = secret.versions.get_mut(put.token).ok_or(SecretsApiError::NotFound)?;
                let value = put.value.expose_secret();
                match &version.value {
                    Some(there) if there != value => Err(SecretsApiError::Refused {
                        code: "ResourceExistsException".to_owned(),
                        message: "another value is there".to_owned(),
                    }),
                    _ => {
                        version.value = Some(value.to_owned());
                        Ok(())
                    }
                }
            })
        })
    }

    fn update_version_stage<'a>(
        &'a self,
        update: UpdateVersionStage<'a>,
    ) -> BoxFuture<'a, Result<(), SecretsApiError>> {
        Box::pin(async move {
            assert_eq!(update.stage, "AWSCURRENT");
            self.call(|secrets| {
                let secret = secrets.get_mut(update.secret_id).ok_or(SecretsApiError::NotFound)?;
                let from = update.remove_from.ok_or(SecretsApiError::NotFound)?;
                for (id, version) in &mut secret.versions {
                    version.stages.retain(|stage| stage != "AWSCURRENT" && stage != "AWSPREVIOUS");
                    if id == update.move_to {
                        version.stages.push("AWSCURRENT".to_owned());
                    } else if id == from {
                        version.stages.push("AWSPREVIOUS".to_owned());
                    }
                }
                Ok(())
            })
        })
    }
}

pub(crate) fn request(step: RotationStep, arn: &str, token: &str) -> RotationRequest {
    RotationRequest {
        step,
        secret_id: arn.to_owned(),
        client_request_token: token.to_owned(),
        rotation_token: None,
    }
}

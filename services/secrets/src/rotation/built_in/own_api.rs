//! Secrets Manager, as a built-in function asks it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use keywright_aws_api::shape::SecretTextOut;
use keywright_aws_api::{Clock, Region};
use keywright_crypto::SecretString;
use keywright_rotators::{
    PutSecretValue, SecretDescription, SecretsApi, SecretsApiError, UpdateVersionStage,
};
use keywright_service::client::Destination;
use keywright_service::{CallError, ServiceClient};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::super::invocation::FunctionError;
use super::role::RoleSession;

/// This service's own API, with a role's credentials.
pub(super) struct OwnApi(ServiceClient);

impl OwnApi {
    pub(super) fn new(
        address: SocketAddr,
        session: &RoleSession,
        region: &Region,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FunctionError> {
        let destination = Destination {
            endpoint: format!("http://{address}"),
            signing_name: "secretsmanager",
            target_prefix: "secretsmanager",
        };
        let client = ServiceClient::new(destination, &session.key, region, clock)
            .map_err(|error| FunctionError::Unreachable(error.to_string()))?;
        Ok(Self(client.with_session_token(session.token.clone())))
    }

    async fn call<I: Serialize, O: serde::de::DeserializeOwned>(
        &self,
        operation: &str,
        input: &I,
    ) -> Result<O, SecretsApiError> {
        self.0.call(operation, input, None).await.map_err(refused)
    }
}

impl SecretsApi for OwnApi {
    fn describe<'a>(
        &'a self,
        secret_id: &'a str,
    ) -> BoxFuture<'a, Result<SecretDescription, SecretsApiError>> {
        async move {
            let described: Described = self.call("DescribeSecret", &Named { secret_id }).await?;
            let Described { rotation_enabled, version_ids_to_stages } = described;
            Ok(SecretDescription { rotation_enabled, versions: version_ids_to_stages })
        }
        .boxed()
    }

    fn get_secret_value<'a>(
        &'a self,
        secret_id: &'a str,
        version_id: Option<&'a str>,
        stage: &'a str,
    ) -> BoxFuture<'a, Result<SecretString, SecretsApiError>> {
        async move {
            let input = Asked { secret_id, version_id, version_stage: stage };
            let value: Value = self.call("GetSecretValue", &input).await?;
            value.secret_string.ok_or_else(|| SecretsApiError::Refused {
                code: "InvalidRequestException".to_owned(),
                message: "the secret is binary".to_owned(),
            })
        }
        .boxed()
    }

    fn put_secret_value<'a>(&'a self, put: PutSecretValue<'a>) -> BoxFuture<'a, Result<(), SecretsApiError>> {
        async move {
            let input = Put {
                secret_id: put.secret_id,
                client_request_token: put.token,
                secret_string: SecretTextOut(put.value.clone()),
                version_stages: put.stages,
                rotation_token: put.rotation_token.cloned().map(SecretTextOut),
            };
            self.call("PutSecretValue", &input).await.map(|_: IgnoredAny| ())
        }
        .boxed()
    }

    fn update_version_stage<'a>(
        &'a self,
        update: UpdateVersionStage<'a>,
    ) -> BoxFuture<'a, Result<(), SecretsApiError>> {
        async move {
            let input = Moved {
                secret_id: update.secret_id,
                version_stage: update.stage,
                move_to_version_id: update.move_to,
                remove_from_version_id: update.remove_from,
            };
            self.call("UpdateSecretVersionStage", &input).await.map(|_: IgnoredAny| ())
        }
        .boxed()
    }
}

fn refused(error: CallError) -> SecretsApiError {
    match error {
        CallError::Remote { code, .. } if code == "ResourceNotFoundException" => SecretsApiError::NotFound,
        CallError::Remote { status, code, .. } if status >= 500 => {
            SecretsApiError::Unavailable { reason: code }
        }
        CallError::Remote { code, message, .. } => SecretsApiError::Refused { code, message },
        CallError::Unavailable(_) | CallError::Malformed(_) => {
            SecretsApiError::Unavailable { reason: error.to_string() }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Named<'a> {
    secret_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    rotation_enabled: Option<bool>,
    #[serde(default)]
    version_ids_to_stages: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Asked<'a> {
    secret_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    version_stage: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    secret_string: Option<SecretString>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a> {
    secret_id: &'a str,
    client_request_token: &'a str,
    secret_string: SecretTextOut,
    version_stages: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_token: Option<SecretTextOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Moved<'a> {
    secret_id: &'a str,
    version_stage: &'a str,
    move_to_version_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remove_from_version_id: Option<&'a str>,
}

//! Texts in Secrets Manager, through AWS's SDK.

use std::fmt;

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use tokio::runtime::Handle;

use super::{BoxError, TextStore};
use crate::BoxFuture;
use crate::calls_on::CallsOn;

/// Keeps texts as secrets, by `aws-sdk-secretsmanager`. Its configuration says where that is, who calls, and by which HTTP
/// client: the feature brings none, and so no TLS.
///
/// Each version of a branch key is a secret, under the account's key of KMS for secrets: `AwsParameterStore` is the
/// cheaper place for what isn't secret, this one for whom has policies and replication of secrets at hand. It takes
/// `secretsmanager:GetSecretValue` to use branch keys, `CreateSecret` and `PutSecretValue` to make them.
///
/// ```no_run
/// # fn example(secrets: aws_sdk_secretsmanager::Client) {
/// use keywright_encryption_sdk::{AwsSecretsManager, TextBranchKeyStorage};
///
/// let storage = TextBranchKeyStorage::new(AwsSecretsManager::new(secrets), "branch-keys/");
/// # }
/// ```
#[derive(Clone)]
pub struct AwsSecretsManager {
    client: aws_sdk_secretsmanager::Client,
    calls_on: CallsOn,
}

impl AwsSecretsManager {
    /// Calls by `client`.
    pub fn new(client: aws_sdk_secretsmanager::Client) -> Self {
        Self { client, calls_on: CallsOn::default() }
    }

    /// Makes the calls on this runtime, so that threads which are none of tokio's can wait for them: what
    /// [`Client::blocking`](crate::Client::blocking) needs.
    #[must_use]
    pub fn on_runtime(mut self, runtime: Handle) -> Self {
        self.calls_on = CallsOn::runtime(runtime);
        self
    }

    fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, BoxError>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, BoxError>> {
        self.calls_on.run(call, BoxError::from)
    }
}

impl TextStore for AwsSecretsManager {
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>, BoxError>> {
        let call = self.client.get_secret_value().secret_id(name);
        self.run(async move {
            match call.send().await {
                Ok(answer) => match answer.secret_string {
                    Some(value) => Ok(Some(value)),
                    None => Err("GetSecretValue: the secret is no text".into()),
                },
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|error| error.is_resource_not_found_exception()) =>
                {
                    Ok(None)
                }
                Err(error) => Err(refusal("GetSecretValue", &error)),
            }
        })
    }

    fn create<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<bool, BoxError>> {
        let call = self.client.create_secret().name(name).secret_string(text);
        self.run(async move {
            match call.send().await {
                Ok(_) => Ok(true),
                Err(error)
                    if error.as_service_error().is_some_and(|error| error.is_resource_exists_exception()) =>
                {
                    Ok(false)
                }
                Err(error) => Err(refusal("CreateSecret", &error)),
            }
        })
    }

    fn replace<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        let call = self.client.put_secret_value().secret_id(name).secret_string(text);
        self.run(
            async move { call.send().await.map(drop).map_err(|error| refusal("PutSecretValue", &error)) },
        )
    }
}

impl fmt::Debug for AwsSecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsSecretsManager")
    }
}

fn refusal(operation: &str, error: &(impl std::error::Error + 'static)) -> BoxError {
    format!("{operation}: {}", DisplayErrorContext(error)).into()
}

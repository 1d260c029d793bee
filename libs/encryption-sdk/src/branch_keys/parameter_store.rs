//! Texts in Parameter Store, through AWS's SDK.

use std::fmt;

use aws_sdk_ssm::error::DisplayErrorContext;
use aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder;
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use tokio::runtime::Handle;

use super::{BoxError, TextStore};
use crate::BoxFuture;
use crate::calls_on::CallsOn;

/// Keeps texts as parameters, by `aws-sdk-ssm`. Its configuration says where that is, who calls, and by which HTTP client:
/// the feature brings none, and so no TLS.
///
/// Parameters are Strings, as nothing in them is secret, and of the standard tier where they fit into it. Names begin with
/// a slash. It takes `ssm:GetParameter` to use branch keys and `ssm:PutParameter` to make them.
///
/// ```no_run
/// # async fn example(
/// #     kms: std::sync::Arc<dyn keywright_encryption_sdk::KmsClient>,
/// #     parameters: aws_sdk_ssm::Client,
/// # ) -> Result<(), keywright_encryption_sdk::Error> {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use keywright_encryption_sdk::{
///     AwsParameterStore, BranchKeyKms, BranchKeyStore, Client, HierarchicalKeyring, TextBranchKeyStorage,
/// };
///
/// let storage = TextBranchKeyStorage::new(AwsParameterStore::new(parameters), "/branch-keys/");
/// let key = BranchKeyKms::Key("arn:aws:kms:us-east-1:111122223333:key/1234".into());
/// let store = Arc::new(BranchKeyStore::new("tenants", kms, key, Arc::new(storage))?);
///
/// store.create_branch_key("tenant-4711", [("tenant", "4711")].into()).await?;
/// let keyring = HierarchicalKeyring::new(store.clone(), "tenant-4711", Duration::from_secs(600))?;
/// let client = Client::builder().keyring(keyring).build()?;
///
/// // Every now and then: what is encrypted from now on is under a new version, and older ones decrypt what they encrypted.
/// store.version_branch_key("tenant-4711").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AwsParameterStore {
    client: aws_sdk_ssm::Client,
    calls_on: CallsOn,
}

impl AwsParameterStore {
    /// Calls by `client`.
    pub fn new(client: aws_sdk_ssm::Client) -> Self {
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

    fn put(&self, name: &str, text: &str) -> PutParameterFluentBuilder {
        let put = self.client.put_parameter().name(name).value(text).r#type(ParameterType::String);
        put.tier(ParameterTier::IntelligentTiering)
    }
}

impl TextStore for AwsParameterStore {
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>, BoxError>> {
        let call = self.client.get_parameter().name(name);
        self.run(async move {
            match call.send().await {
                Ok(answer) => match answer.parameter.and_then(|parameter| parameter.value) {
                    Some(value) => Ok(Some(value)),
                    None => Err("GetParameter: the value is missing".into()),
                },
                Err(error)
                    if error.as_service_error().is_some_and(|error| error.is_parameter_not_found()) =>
                {
                    Ok(None)
                }
                Err(error) => Err(refusal("GetParameter", &error)),
            }
        })
    }

    fn create<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<bool, BoxError>> {
        let call = self.put(name, text).overwrite(false);
        self.run(async move {
            match call.send().await {
                Ok(_) => Ok(true),
                Err(error)
                    if error.as_service_error().is_some_and(|error| error.is_parameter_already_exists()) =>
                {
                    Ok(false)
                }
                Err(error) => Err(refusal("PutParameter", &error)),
            }
        })
    }

    fn replace<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        let call = self.put(name, text).overwrite(true);
        self.run(async move { call.send().await.map(drop).map_err(|error| refusal("PutParameter", &error)) })
    }
}

impl fmt::Debug for AwsParameterStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsParameterStore")
    }
}

fn refusal(operation: &str, error: &(impl std::error::Error + 'static)) -> BoxError {
    format!("{operation}: {}", DisplayErrorContext(error)).into()
}

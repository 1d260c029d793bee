//! The services that keyrings call, through AWS's SDKs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use keywright_encryption_sdk::{AwsKmsClient, KmsClient};

/// Where they are, and who calls them.
pub struct Services {
    endpoint: String,
    credentials: Credentials,
    http: SharedHttpClient,
}

impl Services {
    /// As the variables of AWS's tools say.
    ///
    /// # Errors
    /// One of them is missing.
    pub fn from_environment() -> Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        let secret = variable("AWS_SECRET_ACCESS_KEY")?;
        Ok(Self {
            endpoint: variable("AWS_ENDPOINT_URL")?,
            credentials: Credentials::new(variable("AWS_ACCESS_KEY_ID")?, secret, None, None, "environment"),
            http: aws_smithy_http_client::Builder::new().build_http(),
        })
    }

    pub(super) fn kms(&self, region: &str) -> Result<Arc<dyn KmsClient>> {
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .build();
        Ok(Arc::new(AwsKmsClient::new(aws_sdk_kms::Client::from_conf(config))?))
    }

    pub(super) fn parameters(&self, region: &str) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }

    pub(super) fn secrets(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .build();
        aws_sdk_secretsmanager::Client::from_conf(config)
    }
}

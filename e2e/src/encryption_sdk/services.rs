//! The services that keyrings call, through AWS's SDKs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use keywright_encryption_sdk::{AwsKmsClient, KmsClient};

/// Where they are, and who calls them.
pub struct Services(SdkConfig);

impl Services {
    /// As the variables of AWS's tools say.
    ///
    /// # Errors
    /// One of them is missing.
    pub fn from_environment() -> Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        let secret = variable("AWS_SECRET_ACCESS_KEY")?;
        let credentials = Credentials::new(variable("AWS_ACCESS_KEY_ID")?, secret, None, None, "environment");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(variable("AWS_ENDPOINT_URL")?)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Ok(Self(config.build()))
    }

    pub(super) fn kms(&self, region: &str) -> Result<Arc<dyn KmsClient>> {
        Ok(Arc::new(AwsKmsClient::new(aws_sdk_kms::Client::new(&self.in_region(region)))?))
    }

    pub(super) fn parameters(&self, region: &str) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.in_region(region))
    }

    pub(super) fn secrets(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.in_region(region))
    }

    fn in_region(&self, region: &str) -> SdkConfig {
        self.0.to_builder().region(Region::new(region.to_owned())).build()
    }
}

//! What the params service is told.

use std::sync::Arc;

use keywright_aws_api::{Clock, Region};
use keywright_service::identity::IdentityClientConfig;
use keywright_service::quotas::QuotasSection;
use keywright_service::{
    BaseConfig, Destination, KmsSection, MemorySection, ServiceClient, ServiceError, Settings, SettingsError,
};
use serde::Deserialize;

use crate::limits::ParametersSection;
use crate::public_parameters::PublicParametersSection;
use crate::secrets_manager::SIGNING_NAME;

/// The configuration of one params process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[kms]`.
    pub kms: KmsSection,
    /// `[secrets]`.
    pub secrets: SecretsSection,
    /// `[public_parameters]`.
    pub public_parameters: PublicParametersSection,
    /// `[policies]`.
    pub policies: PoliciesSection,
    /// `[parameters]`.
    pub parameters: ParametersSection,
    /// `[parameters_memory]`.
    pub parameters_memory: MemorySection,
    /// `[pages_memory]`.
    pub pages_memory: MemorySection,
    /// `[throughput]`.
    pub throughput: QuotasSection,
}

/// `[secrets]`: where Secrets Manager is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsSection {
    /// The base URL of Secrets Manager in this process's Region.
    pub endpoint: String,
}

impl SecretsSection {
    /// A client that signs by this service's own access key.
    ///
    /// # Errors
    /// [`ServiceError`] when that key's secret can't be read, or the endpoint is no URL.
    pub fn client(
        self,
        identity: &IdentityClientConfig,
        region: &Region,
        clock: Arc<dyn Clock>,
    ) -> Result<ServiceClient, ServiceError> {
        let destination =
            Destination { endpoint: self.endpoint, signing_name: SIGNING_NAME, target_prefix: SIGNING_NAME };
        ServiceClient::new(destination, &identity.service_key()?, region, clock).map_err(ServiceError::own)
    }
}

/// How parameter policies are applied.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoliciesSection {
    /// How often policies that are due are looked for, in seconds.
    pub interval_seconds: u64,
}

impl Config {
    /// Reads the sections of `settings`.
    ///
    /// # Errors
    /// [`SettingsError`] when one can't be used.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let config = Self {
            base: settings.base()?,
            identity: settings.section("identity")?,
            kms: settings.section("kms")?,
            secrets: settings.section("secrets")?,
            public_parameters: settings.section("public_parameters")?,
            policies: settings.section("policies")?,
            parameters: settings.section("parameters")?,
            parameters_memory: settings.section("parameters_memory")?,
            pages_memory: settings.section("pages_memory")?,
            throughput: settings.section("throughput")?,
        };
        if config.policies.interval_seconds == 0 {
            let reason = "interval_seconds must be at least 1".to_owned();
            return Err(SettingsError::Section { section: "policies", reason });
        }
        Ok(config)
    }
}

/// This service's defaults, over those of every service.
pub const DEFAULTS: &str = include_str!("default.toml");

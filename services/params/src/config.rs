//! What the params service is told.

use keywright_service::identity::IdentityClientConfig;
use keywright_service::quotas::QuotasSection;
use keywright_service::{BaseConfig, KmsSection, Settings, SettingsError};

use crate::limits::ParametersSection;

/// The configuration of one params process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[kms]`.
    pub kms: KmsSection,
    /// `[parameters]`.
    pub parameters: ParametersSection,
    /// `[throughput]`.
    pub throughput: QuotasSection,
}

impl Config {
    /// Reads the sections of `settings`.
    ///
    /// # Errors
    /// [`SettingsError`] when one can't be used.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let (identity, kms) = (settings.section("identity")?, settings.section("kms")?);
        let (parameters, throughput) = (settings.section("parameters")?, settings.section("throughput")?);
        Ok(Self { base: settings.base()?, identity, kms, parameters, throughput })
    }
}

/// This service's defaults, over those of every service.
pub const DEFAULTS: &str = include_str!("default.toml");

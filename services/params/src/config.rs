//! What the params service is told.

use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, Settings, SettingsError};
use serde::Deserialize;

/// The configuration of one params process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[kms]`.
    pub kms: KmsSection,
}

/// Where KMS is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmsSection {
    /// The base URL of KMS in this process's Region.
    pub endpoint: String,
}

impl Config {
    /// Reads the sections of `settings`.
    ///
    /// # Errors
    /// [`SettingsError`] when one can't be used.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let (identity, kms) = (settings.section("identity")?, settings.section("kms")?);
        Ok(Self { base: settings.base()?, identity, kms })
    }
}

/// This service's defaults, over those of every service.
pub const DEFAULTS: &str = include_str!("default.toml");

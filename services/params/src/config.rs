//! What the params service is told.

use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, KmsSection, Settings, SettingsError};
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
    /// `[policies]`.
    pub policies: PoliciesSection,
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
            policies: settings.section("policies")?,
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

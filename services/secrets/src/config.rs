//! What the secrets service is told.

use std::collections::BTreeMap;

use keywright_rotators::RotatorSettings;
use keywright_service::identity::IdentityClientConfig;
use keywright_service::quotas::{Limit, QuotasSection};
use keywright_service::{BaseConfig, KmsSection, MemorySection, Settings, SettingsError};
use serde::Deserialize;

use crate::replication::section::{PeerSections, ReplicationSection, peers_from_settings};
use crate::rotation::section::{FunctionSections, RotationSection, functions_from_settings};

/// All settings of a secrets process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[kms]`.
    pub kms: KmsSection,
    /// `[secrets_memory]`.
    pub secrets_memory: MemorySection,
    /// `[deletion]`.
    pub deletion: DeletionSection,
    /// `[secrets_limits]`.
    pub limits: LimitsSection,
    /// `[secrets_quotas]`.
    pub throughput: QuotasSection,
    /// `[rotation]`.
    pub rotation: RotationSection,
    /// `[rotation_functions]`.
    pub rotation_functions: FunctionSections,
    /// `[rotation_roles]`: the execution roles of built-in functions, by name.
    pub rotation_roles: BTreeMap<String, String>,
    /// `[rotators]`.
    pub rotators: RotatorSettings,
    /// `[replication]`.
    pub replication: ReplicationSection,
    /// `[peers.<region>]`.
    pub peers: PeerSections,
}

/// How many secrets there may be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// In one account and Region.
    pub secrets_per_account: Limit,
}

/// How secrets are deleted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionSection {
    /// How often secrets that are due are looked for, in seconds.
    pub interval_seconds: u64,
}

impl Config {
    /// Takes the sections out of settings that were read.
    ///
    /// # Errors
    /// [`SettingsError`] when a value is missing, unknown or of the wrong form.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let config = Self {
            base: settings.base()?,
            identity: settings.section("identity")?,
            kms: settings.section("kms")?,
            secrets_memory: settings.section("secrets_memory")?,
            deletion: settings.section("deletion")?,
            limits: settings.section("secrets_limits")?,
            throughput: settings.section("secrets_quotas")?,
            rotation: RotationSection::from_settings(settings)?,
            rotation_functions: functions_from_settings(settings)?,
            rotation_roles: settings.optional_section("rotation_roles")?.unwrap_or_default(),
            rotators: settings.optional_section("rotators")?.unwrap_or_default(),
            replication: ReplicationSection::from_settings(settings)?,
            peers: peers_from_settings(settings)?,
        };
        if config.deletion.interval_seconds == 0 {
            let reason = "interval_seconds must be at least 1".to_owned();
            return Err(SettingsError::Section { section: "deletion", reason });
        }
        Ok(config)
    }
}

/// The defaults of this service's own sections.
pub const DEFAULTS: &str = include_str!("default.toml");

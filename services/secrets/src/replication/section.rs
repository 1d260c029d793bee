//! What the service is told of other Regions.

use std::collections::BTreeMap;
use std::time::Duration;

use keywright_aws_api::Region;
use keywright_service::{Settings, SettingsError};
use serde::Deserialize;

/// `[replication]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicationSection {
    /// How often it is looked for what other processes of this service have to tell, in milliseconds.
    pub interval_ms: u64,
}

/// `[peers.<region>]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSection {
    /// The base URL of Secrets Manager there.
    pub endpoint: String,
    /// The base URL of KMS there.
    pub kms_endpoint: String,
}

/// `[peers]`: the other Regions of the installation.
pub type PeerSections = BTreeMap<Region, PeerSection>;

impl ReplicationSection {
    /// Takes `[replication]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let section: Self = settings.section("replication")?;
        if section.interval_ms == 0 {
            let reason = "interval_ms must be at least 1".to_owned();
            return Err(SettingsError::Section { section: "replication", reason });
        }
        Ok(section)
    }

    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }
}

/// Takes `[peers]`.
///
/// # Errors
/// [`SettingsError`] for a name or a value that can't be.
pub fn peers_from_settings(settings: &Settings) -> Result<PeerSections, SettingsError> {
    Ok(settings.optional_section("peers")?.unwrap_or_default())
}

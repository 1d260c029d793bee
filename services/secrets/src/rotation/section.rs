//! What the service is told of rotation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use keywright_service::{Settings, SettingsError};
use serde::Deserialize;

use super::function::is_name;

/// `[rotation]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationSection {
    /// How often rotations that are due are looked for, in seconds.
    pub interval_seconds: u64,
    /// How many functions a replica calls at a time.
    pub concurrency: usize,
    /// How often a rotation is tried before it waits for its next window.
    pub attempts: u32,
    /// How long a replica's claim on a rotation holds beyond what the function may take, in seconds.
    pub claim_seconds: u32,
    /// How long is waited behind the first failure, in milliseconds; twice as long behind each further one.
    pub retry_ms: u64,
}

/// `[rotation_functions.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionSection {
    /// Where it is: the base of Lambda's API, or the whole address of the invocation.
    pub url: String,
    /// How long it may take to answer, in seconds.
    #[serde(default = "default_time_limit_seconds")]
    pub time_limit_seconds: u64,
    /// A file with the bearer token that it wants to see.
    pub bearer_token_file: Option<PathBuf>,
    /// Files with the keys that sign each call; none: calls aren't signed.
    #[serde(default)]
    pub hmac_key_files: Vec<PathBuf>,
    /// By whom its certificate must be signed; none for one of the Web's authorities.
    pub ca_file: Option<PathBuf>,
}

/// `[rotation_functions]`, by name.
pub type FunctionSections = BTreeMap<String, FunctionSection>;

impl RotationSection {
    /// Takes `[rotation]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let section: Self = settings.section("rotation")?;
        let wrong = |reason: &str| SettingsError::Section { section: "rotation", reason: reason.to_owned() };
        if section.interval_seconds == 0
            || section.concurrency == 0
            || section.attempts == 0
            || section.claim_seconds == 0
        {
            return Err(wrong(
                "interval_seconds, concurrency, attempts and claim_seconds must be at least 1",
            ));
        }
        if section.retry_ms == 0 || section.retry_ms > LONGEST_RETRY_MS {
            return Err(wrong("retry_ms must be from 1 to 60000"));
        }
        Ok(section)
    }

    pub(super) fn claim(&self) -> time::Duration {
        time::Duration::seconds(self.claim_seconds.into())
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs(self.interval_seconds)
    }
}

/// Takes `[rotation_functions]`.
///
/// # Errors
/// [`SettingsError`] for a name or a value that can't be.
pub fn functions_from_settings(settings: &Settings) -> Result<FunctionSections, SettingsError> {
    let sections: FunctionSections = settings.optional_section("rotation_functions")?.unwrap_or_default();
    for (name, section) in &sections {
        let wrong = |reason: &str| {
            let reason = format!("{name}: {reason}");
            Err(SettingsError::Section { section: "rotation_functions", reason })
        };
        if !is_name(name) {
            return wrong("it is not a name for a function");
        }
        if name.starts_with(RESERVED) {
            return wrong("names that begin with keywright- are those of built-in functions");
        }
        if !(1..=LONGEST_SECONDS).contains(&section.time_limit_seconds) {
            return wrong("time_limit_seconds must be from 1 to 900");
        }
    }
    Ok(sections)
}

fn default_time_limit_seconds() -> u64 {
    60
}

/// What the names of built-in functions begin with.
pub(super) const RESERVED: &str = "keywright-";
const LONGEST_RETRY_MS: u64 = 60_000;
/// As Lambda has it.
const LONGEST_SECONDS: u64 = 900;

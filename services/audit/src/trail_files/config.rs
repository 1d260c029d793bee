//! `[trail]`.

use std::path::PathBuf;

use keywright_service::{Settings, SettingsError};
use serde::Deserialize;

/// Where log files go, and how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailSection {
    /// The directory; empty where no files are wanted.
    pub directory: PathBuf,
    /// The name of the bucket that the directory stands for, or is copied to: digest files name it.
    pub bucket: String,
    /// How often log files are written, in seconds.
    pub file_interval_seconds: u64,
    /// The time that one digest file covers, in seconds; a divisor of a day.
    pub digest_interval_seconds: u64,
    /// The KMS key that signs digest files.
    pub key_id: String,
}

impl TrailSection {
    /// Takes `[trail]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let trail: Self = settings.section("trail")?;
        let refuse =
            |reason: &str| Err(SettingsError::Section { section: "trail", reason: reason.to_owned() });
        let is_name = |text: &str| {
            (3..=63).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        };
        if !is_name(&trail.bucket) {
            return refuse("bucket must have 3 to 63 letters, digits, dots and hyphens");
        }
        if !(1..=3_600).contains(&trail.file_interval_seconds) {
            return refuse("file_interval_seconds must be from 1 to 3600");
        }
        if trail.digest_interval_seconds == 0 || !DAY_SECONDS.is_multiple_of(trail.digest_interval_seconds) {
            return refuse("digest_interval_seconds must divide a day");
        }
        if trail.key_id.is_empty() {
            return refuse("key_id is empty: name the KMS key that signs");
        }
        Ok(trail)
    }

    /// Whether files are written.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.directory.as_os_str().is_empty()
    }
}

const DAY_SECONDS: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    fn trail(from: &str, to: &str) -> Result<TrailSection, SettingsError> {
        assert!(DEFAULTS.contains(from), "{from}");
        TrailSection::from_settings(&Settings::load(&DEFAULTS.replace(from, to)).unwrap())
    }

    #[test]
    fn no_files_are_written_where_nobody_says_where() {
        assert!(!trail("", "").unwrap().is_configured());
        assert!(trail("directory = \"\"", "directory = \"/trail\"").unwrap().is_configured());
    }

    #[test]
    fn values_that_could_not_work_are_refused_with_what_to_set() {
        for (from, to, expected) in [
            ("bucket = \"keywright-trail\"", "bucket = \"a/b\"", "3 to 63 letters"),
            ("file_interval_seconds = 300", "file_interval_seconds = 0", "from 1 to 3600"),
            ("digest_interval_seconds = 3600", "digest_interval_seconds = 7", "divide a day"),
            ("key_id = \"alias/aws/cloudtrail-digest\"", "key_id = \"\"", "name the KMS key"),
        ] {
            let refused = trail(from, to).unwrap_err().to_string();
            assert!(refused.contains(expected), "{to}: {refused}");
        }
    }
}

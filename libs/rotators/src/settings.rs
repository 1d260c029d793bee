//! What the operator says about the rotators.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::HostRules;

/// How rotators connect, and which passwords they make. Each has a safe default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RotatorSettings {
    /// To which hosts: a secret's writer names one, and must not reach through us what only we can reach.
    pub allowed_hosts: HostRules,
    /// Whether a connection may be unencrypted.
    pub plaintext: Plaintext,
    /// PEM certificates that a server's chain must end in. Absent: the public web's roots.
    pub ca_file: Option<PathBuf>,
    /// Milliseconds in the file. Bounds a connection's making, TLS and login included.
    #[serde(rename = "connect_timeout_ms", deserialize_with = "milliseconds")]
    pub connect_timeout: Duration,
    /// Milliseconds in the file. Bounds a statement.
    #[serde(rename = "statement_timeout_ms", deserialize_with = "milliseconds")]
    pub statement_timeout: Duration,
    /// Milliseconds in the file. Bounds a step, whatever happens in it.
    #[serde(rename = "step_timeout_ms", deserialize_with = "milliseconds")]
    pub step_timeout: Duration,
    /// How many characters a new password has.
    pub password_length: usize,
    /// Characters that no new password has. By default those that AWS's templates leave out, as URLs and shells take them
    /// for something else.
    pub exclude_characters: String,
}

impl Default for RotatorSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: HostRules::default(),
            plaintext: Plaintext::default(),
            ca_file: None,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            step_timeout: Duration::from_secs(60),
            password_length: keywright_random_password::DEFAULT_LENGTH,
            exclude_characters: ":/@\"'\\".to_owned(),
        }
    }
}

/// Whether a password may go to a server over an unencrypted connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plaintext {
    /// Never: a secret with `"ssl": false` isn't rotated.
    Never,
    /// Where the secret says `"ssl": false`.
    #[default]
    WhereSecretSays,
    /// There, and as AWS's templates do where the secret says nothing and the server has no TLS.
    AsAwsDoes,
}

/// Why the settings can't be used.
#[derive(Debug, Error)]
pub enum RotatorSettingsError {
    /// The trusted certificates can't be read.
    #[error("can't read ca_file {}: {source}", path.display())]
    CaFile {
        /// Where they should be.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A value that could not work.
    #[error("setting {setting} {reason}")]
    Value {
        /// Which.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl RotatorSettings {
    pub(crate) fn check(&self) -> Result<(), RotatorSettingsError> {
        for (setting, value) in [
            ("connect_timeout_ms", self.connect_timeout),
            ("statement_timeout_ms", self.statement_timeout),
            ("step_timeout_ms", self.step_timeout),
        ] {
            if value.is_zero() {
                let reason = "must be above 0: nothing may take unbounded time".to_owned();
                return Err(RotatorSettingsError::Value { setting, reason });
            }
        }
        Ok(())
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

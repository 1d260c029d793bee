//! `[transparency_log]`: what the transparency log is told. Not `[log]`: `KEYWRIGHT_LOG` is the log filter.

use keywright_aws_api::AccountId;
use keywright_service::{Settings, SettingsError};
use keywright_transparency_log::{KeyKind, VerifierKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// How the log is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// Whether there is one.
    pub enabled: bool,
    /// The log's name in checkpoints; empty for one that is made of the installation's account.
    pub origin: String,
    /// The KMS key that signs: an id, an ARN or an alias.
    pub key_id: String,
    /// How often new records are given their places, and a checkpoint is signed, in seconds.
    pub interval_seconds: u64,
    /// Who signs checkpoints too.
    #[serde(default)]
    pub witnesses: Vec<WitnessSection>,
    /// How many of them must have signed one before it is published.
    #[serde(default)]
    pub witnesses_required: usize,
}

/// A witness.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSection {
    /// Its base URL, to which `/add-checkpoint` is appended.
    pub url: String,
    /// Its key, `NAME+ID+KEY`, of the kind of cosignatures.
    #[serde(deserialize_with = "cosigner")]
    pub key: VerifierKey,
}

fn cosigner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VerifierKey, D::Error> {
    let key: VerifierKey = String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
    match key.kind() {
        KeyKind::Cosignature => Ok(key),
        KeyKind::Note => Err(D::Error::custom("the key of a witness must be one that cosigns")),
    }
}

impl LogSection {
    /// Takes `[transparency_log]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let log: Self = settings.section("transparency_log")?;
        let refuse = |reason: &str| {
            Err(SettingsError::Section { section: "transparency_log", reason: reason.to_owned() })
        };
        if !(1..=MAX_INTERVAL_SECONDS).contains(&log.interval_seconds) {
            return refuse("interval_seconds must be from 1 to 10");
        }
        if log.key_id.is_empty() {
            return refuse("key_id is empty: name the KMS key that signs");
        }
        if log.witnesses_required > log.witnesses.len() {
            return refuse("witnesses_required is more than there are witnesses");
        }
        // Any key does to find out whether the name is one.
        if !log.origin.is_empty() && VerifierKey::from_spki(&log.origin, KeyKind::Note, ANY_SPKI).is_err() {
            return refuse("origin must have no space and no plus sign");
        }
        Ok(log)
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self, account: AccountId) -> String {
        if self.origin.is_empty() { format!("keywright/audit/{account}") } else { self.origin.clone() }
    }
}

const MAX_INTERVAL_SECONDS: u64 = 10;
/// The public key of RFC 8410, section 10.1.
const ANY_SPKI: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0x19, 0xbf, 0x44, 0x09, 0x69,
    0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6,
    0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    fn log(from: &str, to: &str) -> Result<LogSection, SettingsError> {
        assert!(DEFAULTS.contains(from), "{from}");
        LogSection::from_settings(&Settings::load(&DEFAULTS.replace(from, to)).unwrap())
    }

    #[test]
    fn the_defaults_keep_a_log_named_after_the_account() {
        let log = log("[transparency_log]", "[transparency_log]").unwrap();
        assert!(log.enabled);
        assert_eq!(log.origin(AccountId::parse("000000000000").unwrap()), "keywright/audit/000000000000");
    }

    #[test]
    fn values_that_could_not_work_are_refused_with_what_to_set() {
        for (from, to, expected) in [
            ("interval_seconds = 5", "interval_seconds = 0", "from 1 to 10"),
            ("interval_seconds = 5", "interval_seconds = 11", "from 1 to 10"),
            ("key_id = \"alias/aws/cloudtrail\"", "key_id = \"\"", "name the KMS key"),
            ("witnesses_required = 0", "witnesses_required = 1", "more than there are"),
            (
                "witnesses_required = 0",
                "witnesses_required = 0\n[[transparency_log.witnesses]]\nurl = \"http://w\"\nkey = \"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\"",
                "must be one that cosigns",
            ),
            ("origin = \"\"", "origin = \"a b\"", "no space"),
            ("origin = \"\"", "origin = \"a+b\"", "no plus"),
        ] {
            let refused = log(from, to).unwrap_err().to_string();
            assert!(refused.contains(expected), "{to}: {refused}");
        }
        assert_eq!(log("origin = \"\"", "origin = \"example.com/log\"").unwrap().origin, "example.com/log");
    }
}

//! What the KMS service is told.

use std::time::Duration;

use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, RootKeySection, Settings, SettingsError};
use serde::Deserialize;

use crate::rsa_pool::RsaPoolSection;

/// All settings of a KMS process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[root_key]`.
    pub root_key: RootKeySection,
    /// `[cache]`.
    pub cache: CacheSection,
    /// `[deletion]`.
    pub deletion: DeletionSection,
    /// `[rsa_pool]`.
    pub rsa_pool: RsaPoolSection,
}

/// What is kept in memory.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSection {
    /// How many keys, at most.
    pub keys: usize,
    /// How many aliases, at most.
    pub aliases: usize,
    /// For how many seconds keys in memory are used while changes by other replicas can't be heard.
    pub max_staleness_seconds: u64,
}

/// How keys are deleted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionSection {
    /// How often keys that are due are looked for, in seconds.
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
            root_key: settings.section("root_key")?,
            cache: settings.section("cache")?,
            deletion: settings.section("deletion")?,
            rsa_pool: settings.section("rsa_pool")?,
        };
        let refuse =
            |section, reason: &str| Err(SettingsError::Section { section, reason: reason.to_owned() });
        if config.cache.keys == 0 || config.cache.aliases == 0 {
            return refuse("cache", "keys and aliases must be at least 1");
        }
        if config.deletion.interval_seconds == 0 {
            return refuse("deletion", "interval_seconds must be at least 1");
        }
        Ok(config)
    }
}

impl CacheSection {
    /// [`max_staleness_seconds`](Self::max_staleness_seconds) as a duration.
    #[must_use]
    pub fn max_staleness(&self) -> Duration {
        Duration::from_secs(self.max_staleness_seconds)
    }
}

/// The defaults of this service's own sections.
pub const DEFAULTS: &str = include_str!("default.toml");

#[cfg(test)]
mod tests {
    use keywright_service::RootKeyKind;

    use super::*;

    #[test]
    fn the_defaults_fit_their_sections() {
        let settings = Settings::load(DEFAULTS).unwrap();
        let root_key: RootKeySection = settings.section("root_key").unwrap();
        assert_eq!(root_key.kind, RootKeyKind::KeyFile);
        let cache: CacheSection = settings.section("cache").unwrap();
        assert_eq!((cache.keys, cache.max_staleness()), (10_000, Duration::from_secs(300)));
        settings.section::<DeletionSection>("deletion").unwrap();
        let rsa_pool: RsaPoolSection = settings.section("rsa_pool").unwrap();
        assert_eq!((rsa_pool.rsa_2048, rsa_pool.rsa_3072, rsa_pool.rsa_4096), (4, 2, 1));
    }

    #[test]
    fn what_must_be_set_is_named() {
        let settings = Settings::load(DEFAULTS).unwrap();
        let missing = settings.section::<IdentityClientConfig>("identity").unwrap_err().to_string();
        assert!(missing.contains("[identity]") && missing.contains("endpoint"), "{missing}");
    }

    #[test]
    fn caches_without_room_are_refused() {
        let set = [
            "[identity]\nendpoint = \"http://127.0.0.1:1\"\naccess_key_id = \"K\"\nsecret_access_key_file = \"/s\"",
            "[store]\nhost = \"h\"\ndatabase = \"d\"\nuser = \"u\"\npassword = \"p\"",
            "[root_key]\nkind = \"key-file\"\npath = \"/k\"",
            "[deletion]\ninterval_seconds = 60",
            "[rsa_pool]\nrsa_2048 = 0\nrsa_3072 = 0\nrsa_4096 = 0\nmax_wait_seconds = 1",
        ]
        .join("\n");
        let with_keys = |keys: u32| {
            let cache = format!("[cache]\nkeys = {keys}\naliases = 1\nmax_staleness_seconds = 1");
            Config::from_settings(&Settings::load(&format!("{set}\n{cache}")).unwrap())
                .map(|config| config.cache.keys)
        };
        assert_eq!(with_keys(1).unwrap(), 1);
        assert!(with_keys(0).unwrap_err().to_string().contains("[cache]"));
    }
}

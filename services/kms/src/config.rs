//! What the KMS service is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::{AccountId, Region};
use keywright_crypto::HpkePublicKey;
use keywright_service::identity::IdentityClientConfig;
use keywright_service::quotas::QuotasSection;
use keywright_service::{BaseConfig, RootKeySection, Settings, SettingsError};
use serde::Deserialize;

use crate::custom_stores::HsmClusterSection;
use crate::enclaves::EnclavesSection;
use crate::regions::peers::{Accounts, Peer};
use crate::rsa_pool::RsaPoolSection;
use crate::xks::ExternalKeyStoresSection;

/// All settings of a KMS process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[root_key]`.
    pub root_key: RootKeySection,
    /// `[previous_root_key]`, while the root key is being replaced.
    pub previous_root_key: Option<RootKeySection>,
    /// `[domain_keys]`.
    pub domain_keys: DomainKeysSection,
    /// `[cache]`.
    pub cache: CacheSection,
    /// `[deletion]`.
    pub deletion: DeletionSection,
    /// `[regions]`.
    pub regions: RegionsSection,
    /// `[peers.<region>]`: the KMS of each other Region.
    pub peers: BTreeMap<Region, PeerSection>,
    /// `[key_material]`.
    pub key_material: KeyMaterialSection,
    /// `[rsa_pool]`.
    pub rsa_pool: RsaPoolSection,
    /// `[external_key_stores]`.
    pub external_key_stores: ExternalKeyStoresSection,
    /// `[[hsm_clusters]]`: the tokens that can back custom key stores.
    pub hsm_clusters: Vec<HsmClusterSection>,
    /// `[enclaves]`.
    pub enclaves: EnclavesSection,
    /// `[last_usage]`.
    pub last_usage: LastUsageSection,
    /// `[quotas]`.
    pub quotas: QuotasSection,
    /// `[limits]`.
    pub limits: LimitsSection,
}

/// How what retired domain keys wrap is re-wrapped.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainKeysSection {
    /// How often it is looked for, in seconds; a rotation is taken up at once.
    pub rewrap_seconds: u64,
    /// How many rows are re-wrapped in one transaction.
    pub rewrap_rows: u16,
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

/// How many things there may be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// Customer managed keys of one account.
    pub keys_per_account: i64,
}

/// How the last uses of keys are kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastUsageSection {
    /// How often they are written to the database, in seconds.
    pub flush_seconds: u64,
}

/// How keys are deleted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionSection {
    /// How often keys that are due are looked for, in seconds.
    pub interval_seconds: u64,
}

/// How this Region is known to others, and tells them of its keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionsSection {
    /// How often it is looked for what other processes of this Region have left to tell, in milliseconds.
    pub interval_ms: u64,
    /// Where this Region's public key is written at the start, for the operators of others.
    #[serde(default)]
    pub public_key_file: Option<PathBuf>,
}

/// The KMS of another Region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSection {
    /// Its base URL.
    pub endpoint: String,
    /// Its public key, in base64.
    pub public_key: String,
    /// Whose keys go to it and come from it, comma-separated, or `*` for every account's; by default the first account's
    /// of this installation.
    #[serde(default)]
    pub accounts: String,
}

impl PeerSection {
    /// The Region as it is known here.
    ///
    /// # Errors
    /// [`SettingsError`] for what isn't a public key, or no list of accounts.
    pub fn peer(&self, region: &Region, home: AccountId) -> Result<Peer, SettingsError> {
        let refuse =
            |reason: &str| SettingsError::Section { section: "peers", reason: format!("{region}: {reason}") };
        let public_key = STANDARD.decode(self.public_key.trim()).ok();
        let public_key = public_key.and_then(|bytes| HpkePublicKey::from_bytes(&bytes).ok());
        let public_key = public_key.ok_or_else(|| refuse("public_key must be 32 bytes in base64"))?;
        if !self.endpoint.starts_with("http://") && !self.endpoint.starts_with("https://") {
            return Err(refuse("endpoint must be a URL"));
        }
        let accounts = match self.accounts.trim() {
            "*" => Accounts::All,
            "" => Accounts::These([home].into()),
            list => {
                let accounts = list.split(',').map(|account| AccountId::parse(account.trim()));
                let accounts = accounts.collect::<Result<_, _>>();
                Accounts::These(accounts.map_err(|_| refuse("accounts must be account ids, or *"))?)
            }
        };
        Ok(Peer::new(region.clone(), &self.endpoint, public_key, accounts))
    }
}

/// How key materials are replaced and expire.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMaterialSection {
    /// How often keys whose rotation is due, and imported material that has expired, are looked for, in seconds.
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
            previous_root_key: settings.optional_section("previous_root_key")?,
            domain_keys: settings.section("domain_keys")?,
            cache: settings.section("cache")?,
            deletion: settings.section("deletion")?,
            regions: settings.section("regions")?,
            peers: settings.section("peers")?,
            key_material: settings.section("key_material")?,
            rsa_pool: settings.section("rsa_pool")?,
            last_usage: settings.section("last_usage")?,
            quotas: settings.section("quotas")?,
            limits: settings.section("limits")?,
            external_key_stores: settings.section("external_key_stores")?,
            hsm_clusters: settings.optional_section("hsm_clusters")?.unwrap_or_default(),
            enclaves: settings.section("enclaves")?,
        };
        let refuse =
            |section, reason: &str| Err(SettingsError::Section { section, reason: reason.to_owned() });
        if config.cache.keys == 0 || config.cache.aliases == 0 {
            return refuse("cache", "keys and aliases must be at least 1");
        }
        if config.last_usage.flush_seconds == 0 {
            return refuse("last_usage", "flush_seconds must be at least 1");
        }
        if config.domain_keys.rewrap_seconds == 0 || config.domain_keys.rewrap_rows == 0 {
            return refuse("domain_keys", "rewrap_seconds and rewrap_rows must be at least 1");
        }
        if config.limits.keys_per_account < 1 {
            return refuse("limits", "keys_per_account must be at least 1");
        }
        if config.regions.interval_ms == 0 {
            return refuse("regions", "interval_ms must be at least 1");
        }
        for (region, peer) in &config.peers {
            peer.peer(region, config.base.service.account)?;
        }
        if config.deletion.interval_seconds == 0 {
            return refuse("deletion", "interval_seconds must be at least 1");
        }
        if config.key_material.interval_seconds == 0 {
            return refuse("key_material", "interval_seconds must be at least 1");
        }
        if let Some(fault) = HsmClusterSection::fault(&config.hsm_clusters) {
            return refuse("hsm_clusters", &fault);
        }
        if let Some(fault) = config.external_key_stores.fault() {
            return refuse("external_key_stores", fault);
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
        assert_eq!((cache.keys, cache.max_staleness()), (100_000, Duration::from_secs(300)));
        settings.section::<DeletionSection>("deletion").unwrap();
        settings.section::<KeyMaterialSection>("key_material").unwrap();
        let rsa_pool: RsaPoolSection = settings.section("rsa_pool").unwrap();
        assert_eq!((rsa_pool.rsa_2048, rsa_pool.rsa_3072, rsa_pool.rsa_4096), (4, 2, 1));
        settings.section::<DomainKeysSection>("domain_keys").unwrap();
        let previous: Option<RootKeySection> = settings.optional_section("previous_root_key").unwrap();
        assert!(previous.is_none());
        let limits: LimitsSection = settings.section("limits").unwrap();
        assert_eq!(limits.keys_per_account, 100_000);
        let quotas: QuotasSection = settings.section("quotas").unwrap();
        assert!(quotas.rates.is_empty());
        let enclaves: EnclavesSection = settings.section("enclaves").unwrap();
        assert!(enclaves.roots().unwrap().is_none());
        settings.section::<RegionsSection>("regions").unwrap();
        assert!(settings.section::<BTreeMap<Region, PeerSection>>("peers").unwrap().is_empty());
        assert!(settings.optional_section::<Vec<HsmClusterSection>>("hsm_clusters").unwrap().is_none());
    }

    #[test]
    fn clusters_are_a_list() {
        let cluster = |id: &str, more: &str| {
            let file = "trust_anchor_certificate_file = \"/c.pem\"";
            format!("[[hsm_clusters]]\nid = \"{id}\"\nmodule = \"/m.so\"\n{file}\n{more}\n")
        };
        let read = |text: &str| {
            let settings = Settings::load(&format!("{DEFAULTS}\n{text}")).unwrap();
            settings.optional_section::<Vec<HsmClusterSection>>("hsm_clusters")
        };
        let one = cluster("cluster-aaaaaaaaaaa", "token = \"a\"\naccount = \"111122223333\"");
        let other = cluster("cluster-bbbbbbbbbbb", "token_serial = \"1\"\nuser = \"kmsuser\"\nsessions = 8");
        let clusters = read(&format!("{one}{other}")).unwrap().unwrap();
        assert_eq!(HsmClusterSection::fault(&clusters), None);
        let sessions: Vec<_> =
            clusters.iter().map(|cluster| (cluster.sessions, cluster.time_limit_ms)).collect();
        assert_eq!(sessions, [(4, 5000), (8, 5000)]);
        let refused = read(&cluster("cluster-aaaaaaaaaaa", "pin = \"1234\"")).unwrap_err().to_string();
        assert!(refused.contains("[hsm_clusters]") && refused.contains("pin"), "{refused}");
    }

    #[test]
    fn a_peer_has_a_public_key_and_accounts() {
        let (region, home) = (Region::parse("eu-west-1").unwrap(), AccountId::parse("111122223333").unwrap());
        let other = AccountId::parse("444455556666").unwrap();
        let section = |public_key: &str, accounts: &str| PeerSection {
            endpoint: "http://kms.example:8080".to_owned(),
            public_key: public_key.to_owned(),
            accounts: accounts.to_owned(),
        };
        let key = STANDARD.encode([9; 32]);
        let includes = |accounts: &str| {
            let peer = section(&key, accounts).peer(&region, home).unwrap();
            [home, other].map(|account| peer.accounts.include(account))
        };
        assert_eq!(includes(""), [true, false]);
        assert_eq!(includes("*"), [true, true]);
        assert_eq!(includes("444455556666"), [false, true]);
        for (key, accounts) in [("", ""), ("AAAA", ""), ("!", ""), (key.as_str(), "1234")] {
            let refused = section(key, accounts).peer(&region, home).unwrap_err().to_string();
            assert!(refused.contains("[peers]") && refused.contains("eu-west-1"), "{refused}");
        }
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
            "[regions]\ninterval_ms = 1000",
            "[peers]",
            "[key_material]\ninterval_seconds = 60",
            "[rsa_pool]\nrsa_2048 = 0\nrsa_3072 = 0\nrsa_4096 = 0\nmax_wait_seconds = 1",
            "[quotas]\npreset = \"none\"\n[limits]\nkeys_per_account = 1",
            "[domain_keys]\nrewrap_seconds = 1\nrewrap_rows = 1",
            "[last_usage]\nflush_seconds = 1",
            "[enclaves]",
            "[external_key_stores]\ntime_limit_ms = 250\nattempts = 2\nmax_concurrent_requests = 4",
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

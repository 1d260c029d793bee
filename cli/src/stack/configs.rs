//! The configuration of each service: its own defaults and the environment, over that what this stack decides.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use keywright_aws_api::Region;
use keywright_front::config::RouteSection;
use keywright_identity::config::ServicePrincipalSection;
use keywright_local_stack::PostgresCluster;
use keywright_service::config::{JournalSection, KafkaSection, ServiceSection};
use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, KmsSection, RootKeySection, Settings, SettingsError};

use super::Options;
use super::databases;
use super::layout::Layout;
use super::secrets::SecretFiles;
use crate::error::CliError;

/// Makes the configurations.
pub(crate) struct Configs<'a> {
    pub(crate) options: &'a Options,
    pub(crate) layout: &'a Layout,
    pub(crate) secrets: SecretFiles<'a>,
    pub(crate) postgres: &'a PostgresCluster,
    pub(crate) front_token_file: PathBuf,
}

impl Configs<'_> {
    pub(crate) async fn identity(&self) -> Result<keywright_identity::config::Config, CliError> {
        use keywright_identity::config::{BootstrapSection, Config, DEFAULTS};
        let settings = Settings::load(DEFAULTS)?;
        let mut service_principals = settings.section("service_principals")?;
        for service in CLIENTS {
            self.give_access_key(&mut service_principals, service)?;
        }
        Ok(Config {
            base: self.base(&settings, "identity", &self.options.default_region).await?,
            root_key: RootKeySection::key_file(self.layout.root_key("identity")),
            previous_root_key: self.previous_root_key("identity"),
            // `keywright dev` has its own file of credentials.
            bootstrap: BootstrapSection::default(),
            answers: settings.section("answers")?,
            web_identity: settings.section("web_identity")?,
            service_principals,
        })
    }

    pub(crate) async fn kms(
        &self,
        region: &Region,
        identity: SocketAddr,
    ) -> Result<keywright_kms::config::Config, CliError> {
        let settings = Settings::load(keywright_kms::config::DEFAULTS)?;
        let name = in_region("kms", region);
        Ok(keywright_kms::config::Config {
            base: self.base(&settings, &name, region).await?,
            identity: self.identity_client("kms", identity)?,
            root_key: RootKeySection::key_file(self.layout.root_key(&name)),
            previous_root_key: self.previous_root_key(&name),
            domain_keys: settings.section("domain_keys")?,
            cache: settings.section("cache")?,
            deletion: settings.section("deletion")?,
            last_usage: settings.section("last_usage")?,
            quotas: settings.section("quotas")?,
            limits: settings.section("limits")?,
            rsa_pool: settings.section("rsa_pool")?,
            key_material: settings.section("key_material")?,
            regions: settings.section("regions")?,
            peers: settings.section("peers")?,
            external_key_stores: settings.section("external_key_stores")?,
            hsm_clusters: settings.optional_section("hsm_clusters")?.unwrap_or_default(),
            enclaves: settings.section("enclaves")?,
        })
    }

    pub(crate) async fn params(
        &self,
        region: &Region,
        identity: SocketAddr,
        kms: SocketAddr,
        secrets: SocketAddr,
    ) -> Result<keywright_params::config::Config, CliError> {
        let settings = Settings::load(keywright_params::config::DEFAULTS)?;
        Ok(keywright_params::config::Config {
            base: self.base(&settings, &in_region("params", region), region).await?,
            identity: self.identity_client("params", identity)?,
            kms: KmsSection { endpoint: url(kms) },
            secrets: keywright_params::config::SecretsSection { endpoint: url(secrets) },
            public_parameters: settings.section("public_parameters")?,
            policies: settings.section("policies")?,
            parameters: settings.section("parameters")?,
            parameters_memory: settings.section("parameters_memory")?,
            pages_memory: settings.section("pages_memory")?,
            throughput: settings.section("throughput")?,
        })
    }

    pub(crate) async fn secrets(
        &self,
        region: &Region,
        identity: SocketAddr,
        kms: SocketAddr,
    ) -> Result<keywright_secrets::config::Config, CliError> {
        use keywright_secrets::replication::section::{PeerSections, ReplicationSection};
        use keywright_secrets::rotation::section::{RotationSection, functions_from_settings};
        let settings = Settings::load(keywright_secrets::config::DEFAULTS)?;
        Ok(keywright_secrets::config::Config {
            base: self.base(&settings, &in_region("secrets", region), region).await?,
            identity: self.identity_client("secrets", identity)?,
            kms: KmsSection { endpoint: url(kms) },
            secrets_memory: settings.section("secrets_memory")?,
            deletion: settings.section("deletion")?,
            limits: settings.section("secrets_limits")?,
            throughput: settings.section("secrets_quotas")?,
            rotation: RotationSection::from_settings(&settings)?,
            rotation_functions: functions_from_settings(&settings)?,
            rotation_roles: settings.optional_section("rotation_roles")?.unwrap_or_default(),
            rotators: settings.optional_section("rotators")?.unwrap_or_default(),
            replication: ReplicationSection::from_settings(&settings)?,
            // The Regions of this stack are introduced to each other when they run.
            peers: PeerSections::new(),
        })
    }

    /// The audit service, whose checkpoints the KMS of the default Region signs.
    pub(crate) async fn audit(
        &self,
        identity: SocketAddr,
        kms: SocketAddr,
    ) -> Result<keywright_audit::config::Config, CliError> {
        use keywright_audit::config::{Config, ConsumerSection, DEFAULTS, LakeSection};
        use keywright_audit::log::LogSection;
        use keywright_audit::notifications::NotificationsSection;
        use keywright_audit::trail_files::TrailSection;
        let settings = Settings::load(DEFAULTS)?;
        let base = self.base(&settings, "audit", &self.options.default_region).await?;
        let mut consumer = ConsumerSection::from_settings(&settings)?;
        // Stacks that share brokers, each with a topic of its own, don't wait for each other's consumers.
        consumer.group = format!("{}.{}", consumer.group, base.kafka.topic);
        let lake = LakeSection::from_settings(&settings)?;
        databases::make_group_role(self.postgres, &lake.role_beside(&base.store.user), &base.store.user)
            .await?;
        Ok(Config {
            base,
            identity: self.identity_client("audit", identity)?,
            consumer,
            lake,
            retention: settings.section("retention")?,
            trail: TrailSection::from_settings(&settings)?,
            kms: KmsSection { endpoint: url(kms) },
            log: LogSection::from_settings(&settings)?,
            notifications: NotificationsSection::from_settings(&settings)?,
        })
    }

    /// The front, with these routes: `kms.us-east-1`, or `sts` for all Regions.
    pub(crate) fn front(
        &self,
        routes: Vec<(String, SocketAddr)>,
    ) -> Result<keywright_front::Config, CliError> {
        let settings = Settings::load(keywright_front::config::DEFAULTS)?;
        let mut config = keywright_front::Config::from_settings(&settings)?;
        config.service.region = self.options.default_region.clone();
        config.service.account = self.options.account;
        config.service.listen = self.options.listen;
        config.service.ops_listen = ANY_PORT;
        config.service.front_token_file = Some(self.front_token_file.clone());
        let routes = routes.into_iter().map(|(name, address)| (name, RouteSection::Address(url(address))));
        config.front.routes = routes.collect();
        Ok(config)
    }

    /// The root key before the present one, as long as its file is there.
    fn previous_root_key(&self, service: &str) -> Option<RootKeySection> {
        let path = self.layout.previous_root_key(service);
        path.exists().then(|| RootKeySection::key_file(path))
    }

    async fn base(&self, settings: &Settings, name: &str, region: &Region) -> Result<BaseConfig, CliError> {
        let regions: Vec<_> = self.options.regions.iter().map(Region::as_str).collect();
        let mut service: ServiceSection = settings.section("service")?;
        service.region = region.clone();
        service.regions = Some(regions.join(","));
        service.account = self.options.account;
        service.listen = ANY_PORT;
        service.ops_listen = ANY_PORT;
        service.front_token_file = Some(self.front_token_file.clone());
        let mut journal: JournalSection = settings.section("journal")?;
        journal.dir = self.layout.journal(name);
        let mut kafka: KafkaSection = settings.section("kafka")?;
        kafka.brokers = self.options.kafka_brokers.clone().unwrap_or_default();
        let pool_size = databases::pool_size(self.options.databases());
        let store = databases::of_service(self.postgres, &self.secrets, name, pool_size).await?;
        Ok(BaseConfig { service, store, journal, kafka, telemetry: settings.section("telemetry")? })
    }

    fn identity_client(&self, service: &str, identity: SocketAddr) -> Result<IdentityClientConfig, CliError> {
        let key = self.secrets.access_key(service)?;
        Ok(IdentityClientConfig {
            endpoint: url(identity),
            access_key_id: key.id,
            secret_access_key_file: key.secret_file,
            cache_entries: CACHED_CREDENTIALS,
            unknown_ms: UNKNOWN_KEPT_MS,
        })
    }

    fn give_access_key(
        &self,
        principals: &mut BTreeMap<String, ServicePrincipalSection>,
        service: &'static str,
    ) -> Result<(), CliError> {
        let Some(principal) = principals.get_mut(service) else {
            let reason = format!("{service} is missing");
            return Err(SettingsError::Section { section: "service_principals", reason }.into());
        };
        let key = self.secrets.access_key(service)?;
        principal.access_key_id = Some(key.id);
        principal.secret_access_key_file = Some(key.secret_file);
        Ok(())
    }
}

/// A service of one Region, as files, routes and logs name it.
pub(crate) fn in_region(service: &str, region: &Region) -> String {
    format!("{service}.{region}")
}

pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The services that ask identity, as identity's own settings name them.
const CLIENTS: [&str; 4] = ["kms", "params", "secrets", "audit"];
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const CACHED_CREDENTIALS: usize = 10_000;
const UNKNOWN_KEPT_MS: u64 = 1_000;

//! Configuration: a commented default file, an optional file, the environment; parsed once, at start.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Config, Environment, File, FileFormat};
use keywright_aws_api::{AccountId, Region};
use keywright_store::StoreConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::ServiceError;

/// All settings of one process, by section.
pub struct Settings {
    config: Config,
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source can't be read or parsed.
    #[error("the settings cannot be read: {0}")]
    Read(String),
    /// A section lacks something or has something wrong.
    #[error("the setting section [{section}] cannot be used: {reason}")]
    Section {
        /// The section.
        section: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Settings {
    /// Reads `defaults` (TOML), over it the file named by `KEYWRIGHT_CONFIG`, over that the environment, where
    /// `KEYWRIGHT_STORE__HOST` is `host` in `[store]`.
    ///
    /// # Errors
    /// [`SettingsError::Read`] when a source can't be read.
    pub fn load(defaults: &str) -> Result<Self, SettingsError> {
        let mut builder = Config::builder().add_source(File::from_str(BASE_DEFAULTS, FileFormat::Toml));
        builder = builder.add_source(File::from_str(defaults, FileFormat::Toml));
        if let Ok(path) = std::env::var("KEYWRIGHT_CONFIG") {
            builder = builder.add_source(File::new(&path, FileFormat::Toml));
        }
        let environment = Environment::with_prefix("KEYWRIGHT").prefix_separator("_").separator("__");
        let config = builder.add_source(environment).build();
        Ok(Self { config: config.map_err(|error| SettingsError::Read(error.to_string()))? })
    }

    /// One section, checked by its type.
    ///
    /// # Errors
    /// [`SettingsError::Section`] when a value is missing, unknown or of the wrong form.
    pub fn section<T: DeserializeOwned>(&self, section: &'static str) -> Result<T, SettingsError> {
        self.config
            .get::<T>(section)
            .map_err(|error| SettingsError::Section { section, reason: error.to_string() })
    }

    /// One section that may be left out.
    ///
    /// # Errors
    /// As [`Settings::section`], where it is there.
    pub fn optional_section<T: DeserializeOwned>(
        &self,
        section: &'static str,
    ) -> Result<Option<T>, SettingsError> {
        match self.config.get::<config::Value>(section) {
            Err(config::ConfigError::NotFound(_)) => Ok(None),
            Ok(_) | Err(_) => self.section(section).map(Some),
        }
    }

    /// The sections which every service has.
    ///
    /// # Errors
    /// As [`Settings::section`].
    pub fn base(&self) -> Result<BaseConfig, SettingsError> {
        Ok(BaseConfig {
            service: self.section("service")?,
            store: self.section("store")?,
            journal: self.section("journal")?,
            kafka: self.section("kafka")?,
            telemetry: self.section("telemetry")?,
        })
    }
}

/// What every service is told.
#[derive(Clone, Debug)]
pub struct BaseConfig {
    /// `[service]`.
    pub service: ServiceSection,
    /// `[store]`.
    pub store: StoreConfig,
    /// `[journal]`.
    pub journal: JournalSection,
    /// `[kafka]`.
    pub kafka: KafkaSection,
    /// `[telemetry]`.
    pub telemetry: TelemetrySection,
}

/// Where and for whom a service runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSection {
    /// The Region that this process serves.
    pub region: Region,
    /// All Regions of the installation, comma-separated; services that aren't regional accept each.
    #[serde(default)]
    pub regions: Option<String>,
    /// The partition in the installation's ARNs, such as `aws`. It can't be changed once there is something.
    pub partition: String,
    /// The installation's first account, to which unverified requests are attributed.
    pub account: AccountId,
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are.
    pub ops_listen: SocketAddr,
    /// Threads that serve requests.
    pub workers: usize,
    /// The largest body, in bytes.
    pub body_limit_bytes: usize,
    /// How long one request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long running requests are waited for at the end, in seconds.
    pub drain_seconds: u64,
    /// A file with the token by which a front proves that its `x-forwarded-for` can be believed.
    #[serde(default)]
    pub front_token_file: Option<PathBuf>,
}

/// The journal's place and bounds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalSection {
    /// Its directory, on a volume that outlives the process.
    pub dir: PathBuf,
    /// The size of one segment file, in bytes.
    pub segment_bytes: u64,
    /// The bound on what isn't acknowledged yet, in bytes; beyond it calls are refused.
    pub max_bytes: u64,
    /// What an answer waits for: `journal` (durable here) or `broker` (and acknowledged by Kafka).
    pub commit: Commit,
}

/// What an answer waits for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Commit {
    /// The record is durable in the local journal.
    Journal,
    /// It is also acknowledged by all in-sync replicas of Kafka.
    Broker,
}

/// The event stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSection {
    /// `host:port`, comma-separated; empty where the journals are read directly.
    pub brokers: String,
    /// The topic of audit records.
    pub topic: String,
    /// How many partitions the topic gets if it has to be made.
    pub partitions: i32,
    /// librdkafka's security settings as a file of `name=value` lines.
    #[serde(default)]
    pub properties_file: Option<PathBuf>,
}

impl KafkaSection {
    /// Whether there is a broker.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.brokers.is_empty()
    }

    /// librdkafka's settings from the properties file.
    ///
    /// # Errors
    /// [`ServiceError::SecretFile`] when the file can't be read or has a line which isn't `name=value`.
    pub fn properties(&self) -> Result<Vec<(String, String)>, ServiceError> {
        let Some(path) = &self.properties_file else { return Ok(Vec::new()) };
        let refuse = |reason: String| ServiceError::SecretFile { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (name, value) = line
                    .split_once('=')
                    .ok_or_else(|| refuse("a line is not of the form name=value".to_owned()))?;
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect()
    }
}

/// Logs and traces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySection {
    /// A `tracing` filter, such as `info,keywright_kms=debug`.
    pub log_filter: String,
    /// `auto`, `text` or `json`.
    pub log_format: String,
    /// Where spans go by OTLP over HTTP; empty for none.
    pub otlp_endpoint: String,
}

impl BaseConfig {
    /// Every Region of the installation; the own one where no list is given.
    ///
    /// # Errors
    /// [`SettingsError::Section`] for a name that is none.
    pub fn regions(&self) -> Result<Vec<Region>, SettingsError> {
        let Some(list) = self.service.regions.as_deref().filter(|list| !list.trim().is_empty()) else {
            return Ok(vec![self.service.region.clone()]);
        };
        list.split(',')
            .map(|name| {
                Region::parse(name.trim())
                    .map_err(|error| SettingsError::Section { section: "service", reason: error.to_string() })
            })
            .collect()
    }
}

/// The defaults of the sections which every service has.
pub const BASE_DEFAULTS: &str = include_str!("default.toml");

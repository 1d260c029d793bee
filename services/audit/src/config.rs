//! What the audit service is told.

use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, KmsSection, Settings, SettingsError};
use serde::Deserialize;

use crate::log::LogSection;
use crate::notifications::NotificationsSection;
use crate::trail_files::TrailSection;

/// All settings of an audit process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[consumer]`.
    pub consumer: ConsumerSection,
    /// `[notifications]`.
    pub notifications: NotificationsSection,
    /// `[lake]`.
    pub lake: LakeSection,
    /// `[retention]`.
    pub retention: RetentionSection,
    /// `[trail]`.
    pub trail: TrailSection,
    /// `[kms]`.
    pub kms: KmsSection,
    /// `[transparency_log]`.
    pub log: LogSection,
}

/// How queries are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LakeSection {
    /// The role of the database as which they are run; empty for the service's own name with `_queries`.
    pub role: String,
    /// How many run at a time.
    pub concurrent_queries: usize,
    /// For how long one may run.
    pub query_timeout_seconds: u64,
    /// Postgres's `work_mem` of each.
    pub work_memory_mb: u32,
    /// The most rows of a result.
    pub max_result_rows: i64,
    /// The most bytes of a result, in units of 1,048,576.
    pub max_result_mb: usize,
}

/// How long events are kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSection {
    /// For how many days events are kept; none for ever. A day (UTC) is dropped as a whole, once all of it is older.
    #[serde(default, deserialize_with = "days_or_for_ever")]
    pub days: Option<u16>,
}

/// How events are read and stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerSection {
    /// The consumer group: its members share the partitions of the topic.
    pub group: String,
    /// The most entries of one transaction.
    pub batch_entries: usize,
    /// How many entries are fetched from Kafka ahead.
    pub buffered_entries: usize,
    /// For how many days after today partitions are made ahead.
    pub partitions_ahead_days: u16,
}

impl Config {
    /// Takes the sections it needs.
    ///
    /// # Errors
    /// [`SettingsError`] when one is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            base: settings.base()?,
            identity: settings.section("identity")?,
            consumer: ConsumerSection::from_settings(settings)?,
            notifications: NotificationsSection::from_settings(settings)?,
            lake: LakeSection::from_settings(settings)?,
            retention: settings.section("retention")?,
            trail: TrailSection::from_settings(settings)?,
            kms: settings.section("kms")?,
            log: LogSection::from_settings(settings)?,
        })
    }
}

impl LakeSection {
    /// Takes `[lake]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let lake: Self = settings.section("lake")?;
        let refuse =
            |reason: &str| Err(SettingsError::Section { section: "lake", reason: reason.to_owned() });
        if lake.role.len() > MAX_ROLE_BYTES {
            return refuse("role must have at most 63 bytes");
        }
        if !(1..=MAX_QUERIES).contains(&lake.concurrent_queries) {
            return refuse("concurrent_queries must be from 1 to 64");
        }
        if !(1..=MAX_QUERY_SECONDS).contains(&lake.query_timeout_seconds) {
            return refuse("query_timeout_seconds must be from 1 to 3600");
        }
        if !(1..=MAX_WORK_MEMORY_MB).contains(&lake.work_memory_mb) {
            return refuse("work_memory_mb must be from 1 to 1024");
        }
        if lake.max_result_rows < 1 || lake.max_result_mb < 1 {
            return refuse("max_result_rows and max_result_mb must be at least 1");
        }
        Ok(lake)
    }

    /// The role, of a service that logs in as `user`.
    #[must_use]
    pub fn role_beside(&self, user: &str) -> String {
        if self.role.is_empty() { format!("{user}_queries") } else { self.role.clone() }
    }
}

impl ConsumerSection {
    /// Takes `[consumer]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let consumer: Self = settings.section("consumer")?;
        let refuse =
            |reason: &str| Err(SettingsError::Section { section: "consumer", reason: reason.to_owned() });
        if consumer.group.is_empty() {
            return refuse("group is empty: name the consumer group");
        }
        if !(1..=MAX_BATCH_ENTRIES).contains(&consumer.batch_entries) {
            return refuse("batch_entries must be from 1 to 50000");
        }
        if consumer.buffered_entries < consumer.batch_entries {
            return refuse("buffered_entries must be at least batch_entries");
        }
        if consumer.partitions_ahead_days > MAX_AHEAD_DAYS {
            return refuse("partitions_ahead_days must be at most 90");
        }
        Ok(consumer)
    }
}

/// 0 stands for none, so that an environment variable can say so.
fn days_or_for_ever<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    u16::deserialize(deserializer).map(|days| (days > 0).then_some(days))
}

/// The defaults of this service's sections.
pub const DEFAULTS: &str = include_str!("default.toml");

const MAX_ROLE_BYTES: usize = 63;
const MAX_QUERIES: usize = 64;
const MAX_QUERY_SECONDS: u64 = 3_600;
const MAX_WORK_MEMORY_MB: u32 = 1_024;
const MAX_BATCH_ENTRIES: usize = 50_000;
const MAX_AHEAD_DAYS: u16 = 90;

#[cfg(test)]
mod tests {
    use super::*;

    fn consumer(change: &str) -> Result<ConsumerSection, SettingsError> {
        let line = change.split(' ').next().unwrap();
        let kept: Vec<_> = DEFAULTS.lines().filter(|known| !known.starts_with(line)).collect();
        let text = kept.join("\n").replace("[consumer]", &format!("[consumer]\n{change}"));
        ConsumerSection::from_settings(&Settings::load(&text).unwrap())
    }

    #[test]
    fn the_defaults_are_complete_but_for_the_access_key() {
        let settings = Settings::load(DEFAULTS).unwrap();
        let consumer = ConsumerSection::from_settings(&settings).unwrap();
        assert_eq!((consumer.group.as_str(), consumer.batch_entries), ("keywright-audit", 2_000));
        assert!(Config::from_settings(&settings).unwrap_err().to_string().contains("identity"));
    }

    #[test]
    fn queries_run_as_a_role_of_their_own_within_bounds() {
        let lake = |text: &str| LakeSection::from_settings(&Settings::load(text).unwrap());
        let section = lake(DEFAULTS).unwrap();
        assert_eq!(section.role_beside("audit"), "audit_queries");
        for (from, to, expected) in [
            ("concurrent_queries = 4", "concurrent_queries = 0", "from 1 to 64"),
            ("query_timeout_seconds = 60", "query_timeout_seconds = 3601", "from 1 to 3600"),
            ("work_memory_mb = 32", "work_memory_mb = 0", "from 1 to 1024"),
            ("max_result_rows = 100000", "max_result_rows = 0", "at least 1"),
        ] {
            assert!(DEFAULTS.contains(from));
            let refused = lake(&DEFAULTS.replace(from, to)).unwrap_err().to_string();
            assert!(refused.contains(expected), "{to}: {refused}");
        }
    }

    #[test]
    fn values_that_could_not_work_are_refused_with_what_to_set() {
        for (change, expected) in [
            ("group = \"\"", "name the consumer group"),
            ("batch_entries = 0", "from 1 to 50000"),
            ("batch_entries = 50001", "from 1 to 50000"),
            ("buffered_entries = 1999", "at least batch_entries"),
            ("partitions_ahead_days = 91", "at most 90"),
            ("surprise = 1", "surprise"),
        ] {
            let refused = consumer(change).unwrap_err().to_string();
            assert!(refused.contains(expected), "{change}: {refused}");
        }
    }
}

//! What the audit service is told.

use keywright_service::identity::IdentityClientConfig;
use keywright_service::{BaseConfig, Settings, SettingsError};
use serde::Deserialize;

/// All settings of an audit process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[identity]`.
    pub identity: IdentityClientConfig,
    /// `[consumer]`.
    pub consumer: ConsumerSection,
    /// `[retention]`.
    pub retention: RetentionSection,
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
            retention: settings.section("retention")?,
        })
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

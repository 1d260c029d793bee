//! What the service is told of notifications.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use keywright_service::{Settings, SettingsError};
use serde::Deserialize;

/// `[notifications]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsSection {
    /// Whether Kafka is told, where it is configured.
    pub kafka: bool,
    /// The topic; none for one that is named after the audit topic.
    pub topic: String,
    /// For how many hours a webhook that fails is tried.
    pub retry_hours: u32,
    /// For how many days it stays known what a webhook has not taken.
    pub keep_days: u32,
    /// Who is told over HTTPS.
    #[serde(default)]
    pub webhooks: Vec<WebhookSection>,
}

/// `[[notifications.webhooks]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// Its name, in metrics and logs.
    pub name: String,
    /// Where it is: `https://`.
    pub url: String,
    /// The keys that sign what it is sent.
    pub hmac_key_files: Vec<PathBuf>,
    /// By whom its certificate must be signed; none for one of the Web's authorities.
    pub ca_file: Option<PathBuf>,
    /// Of which services it is told, such as `aws.kms`; none for all.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Of which kinds of events; none for all.
    #[serde(default)]
    pub detail_types: Vec<String>,
    /// How long it may take to answer.
    #[serde(default = "default_time_limit_ms")]
    pub time_limit_ms: u64,
}

impl NotificationsSection {
    /// Takes `[notifications]`.
    ///
    /// # Errors
    /// [`SettingsError`] when it is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let section: Self = settings.section("notifications")?;
        section.check().map_err(|reason| SettingsError::Section { section: "notifications", reason })?;
        Ok(section)
    }

    /// For how long a webhook that fails is tried.
    #[must_use]
    pub fn retry(&self) -> Duration {
        Duration::from_secs(u64::from(self.retry_hours) * 3_600)
    }

    /// For how long it stays known what a webhook has not taken.
    #[must_use]
    pub fn keep(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_days) * 86_400)
    }

    fn check(&self) -> Result<(), String> {
        if !(1..=MAX_RETRY_HOURS).contains(&self.retry_hours) {
            return Err("retry_hours must be from 1 to 720".to_owned());
        }
        let mut names = BTreeSet::new();
        for webhook in &self.webhooks {
            webhook.check().map_err(|reason| format!("webhook {:?}: {reason}", webhook.name))?;
            if !names.insert(&webhook.name) {
                return Err(format!("webhook {:?}: there is another one of this name", webhook.name));
            }
        }
        Ok(())
    }
}

impl WebhookSection {
    /// How long it may take to answer.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        Duration::from_millis(self.time_limit_ms)
    }

    fn check(&self) -> Result<(), &'static str> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(is_plain) {
            return Err("name must be 1 to 64 letters, digits, `-`, `_` and `.`");
        }
        if !self.url.starts_with("https://") {
            return Err("url must begin with https://");
        }
        if self.hmac_key_files.is_empty() {
            return Err("hmac_key_files is empty: name a file with the key that signs");
        }
        if !(1..=MAX_TIME_LIMIT_MS).contains(&self.time_limit_ms) {
            return Err("time_limit_ms must be from 1 to 60000");
        }
        Ok(())
    }
}

fn default_time_limit_ms() -> u64 {
    10_000
}

const MAX_RETRY_HOURS: u32 = 720;
const MAX_NAME: usize = 64;
const MAX_TIME_LIMIT_MS: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    const WEBHOOK: &str = "[[notifications.webhooks]]\nname = \"pager\"\nurl = \"https://example.com/x\"\n\
                           hmac_key_files = [\"/k\"]\n";

    fn section(more: &str) -> Result<NotificationsSection, SettingsError> {
        NotificationsSection::from_settings(&Settings::load(&format!("{DEFAULTS}\n{more}")).unwrap())
    }

    #[test]
    fn the_defaults_tell_kafka_and_nobody_else() {
        let defaults = section("").unwrap();
        assert!(defaults.kafka && defaults.webhooks.is_empty());
        assert_eq!(
            (defaults.retry(), defaults.keep()),
            (Duration::from_secs(86_400), Duration::from_secs(14 * 86_400))
        );
        let webhook = &section(WEBHOOK).unwrap().webhooks[0];
        assert_eq!((webhook.name.as_str(), webhook.time_limit()), ("pager", Duration::from_secs(10)));
    }

    #[test]
    fn values_that_could_not_work_are_refused_with_what_to_set() {
        for (from, to, expected) in [
            ("\"pager\"", "\"a b\"", "name must be"),
            ("\"pager\"", "\"\"", "name must be"),
            ("https://", "http://", "https://"),
            ("[\"/k\"]", "[]", "hmac_key_files is empty"),
            ("hmac_key_files", "time_limit_ms = 60001\nhmac_key_files", "60000"),
            ("hmac_key_files", "surprise = 1\nhmac_key_files", "surprise"),
            (
                "[[",
                "[[notifications.webhooks]]\nname = \"pager\"\nurl = \"https://a\"\nhmac_key_files = [\"/k\"]\n[[",
                "another one",
            ),
        ] {
            let refused = section(&WEBHOOK.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(refused.contains(expected), "{to}: {refused}");
        }
        let text = DEFAULTS.replace("retry_hours = 24", "retry_hours = 0");
        assert!(NotificationsSection::from_settings(&Settings::load(&text).unwrap()).is_err());
    }
}

//! The section of the settings that says how often an account may call.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bucket::Rate;

/// How often an account may call.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QuotasSection {
    /// What counts for quotas that aren't set.
    #[serde(default)]
    pub preset: QuotaPreset,
    /// Quotas by name.
    #[serde(flatten)]
    pub rates: BTreeMap<String, Setting>,
}

/// What counts for quotas that aren't set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotaPreset {
    /// Nothing is limited.
    #[default]
    None,
    /// AWS's figures.
    Aws,
}

/// One quota as it is set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// Calls a second.
    Rate(f64),
    /// `unlimited`; or calls a second, as the environment has them.
    Text(String),
}

/// A quota that can't be counted.
#[derive(Debug, thiserror::Error)]
pub enum QuotaError {
    /// No such quota.
    #[error("{section}.{name} is no quota: see the comments of [{section}] for their names")]
    Unknown {
        /// The section.
        section: &'static str,
        /// The setting.
        name: String,
    },
    /// Not a number of calls.
    #[error(
        "{section}.{name} is neither a number of calls a second from 0.001 to 100000000 nor \"unlimited\": 0 would refuse every call"
    )]
    NoRate {
        /// The section.
        section: &'static str,
        /// The setting.
        name: String,
    },
}

impl QuotasSection {
    /// The rate of each of the quotas with these names, in their order; none where it is unlimited. `section` is this
    /// section's name, for errors; `aws` says how many calls a second AWS's own figure is, if it has one.
    ///
    /// # Errors
    /// [`QuotaError`] with what to set.
    pub fn rates(
        &self,
        section: &'static str,
        names: &[&str],
        aws: impl Fn(&str) -> Option<f64>,
    ) -> Result<Vec<Option<Rate>>, QuotaError> {
        if let Some(unknown) = self.rates.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(QuotaError::Unknown { section, name: unknown.clone() });
        }
        let rate = |name: &&str| match (self.rates.get(*name), self.preset) {
            (Some(setting), _) => {
                setting.rate().ok_or_else(|| QuotaError::NoRate { section, name: (*name).to_owned() })
            }
            (None, QuotaPreset::Aws) => Ok(aws(name).and_then(Rate::per_second)),
            (None, QuotaPreset::None) => Ok(None),
        };
        names.iter().map(rate).collect()
    }
}

impl Setting {
    /// The rate, or none inside for an unlimited quota; none at all for what isn't a rate.
    #[expect(clippy::option_option, reason = "whether it is one, and whether there is a limit")]
    fn rate(&self) -> Option<Option<Rate>> {
        let calls = match self {
            Self::Text(text) if text == UNLIMITED => return Some(None),
            Self::Text(text) => text.parse().ok()?,
            Self::Rate(calls) => *calls,
        };
        Rate::per_second(calls).map(Some)
    }
}

const UNLIMITED: &str = "unlimited";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    const NAMES: [&str; 3] = ["create_key", "list_keys", "others"];

    fn rates(toml: &str) -> Result<Vec<Option<Rate>>, String> {
        let settings = Settings::load(&format!("[quotas]\n{toml}")).unwrap();
        let section: QuotasSection = settings.section("quotas").map_err(|error| error.to_string())?;
        let aws = |name: &str| (name != "others").then_some(10.0);
        section.rates("quotas", &NAMES, aws).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_limited_unless_it_is_set() {
        assert_eq!(rates("preset = \"none\"").unwrap(), [None; 3]);
        let set = rates("preset = \"none\"\ncreate_key = 0.5\nlist_keys = \"20\"").unwrap();
        assert_eq!(set, [Rate::per_second(0.5), Rate::per_second(20.0), None]);
    }

    #[test]
    fn awss_figures_can_be_had_and_lifted() {
        let aws = rates("preset = \"aws\"\ncreate_key = \"unlimited\"").unwrap();
        assert_eq!(aws, [None, Rate::per_second(10.0), None]);
        let aws = rates("preset = \"aws\"\ncreate_key = 7\nothers = 3").unwrap();
        assert_eq!(aws, [Rate::per_second(7.0), Rate::per_second(10.0), Rate::per_second(3.0)]);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (toml, said) in [
            ("create_kye = 5", "quotas.create_kye is no quota"),
            ("create_key = 0", "quotas.create_key is neither"),
            ("create_key = \"many\"", "quotas.create_key is neither"),
            ("preset = \"azure\"", "quotas"),
        ] {
            let error = rates(toml).unwrap_err();
            assert!(error.contains(said), "{toml}: {error}");
        }
    }
}

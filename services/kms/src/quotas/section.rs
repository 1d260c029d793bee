//! `[quotas]`: how often an account may call.

use std::collections::BTreeMap;

use keywright_aws_api::Region;
use serde::Deserialize;

use super::bucket::Rate;
use super::quota::{QUOTAS, Quota};

/// `[quotas]`.
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
    #[error("quotas.{0} is no quota: see the comments of [quotas] for their names")]
    Unknown(String),
    /// Not a number of calls.
    #[error(
        "quotas.{0} is neither a number of calls a second from 0.001 to 100000000 nor \"unlimited\": 0 would refuse every call"
    )]
    NoRate(String),
}

/// The rate of each quota; none where it is unlimited.
pub type Rates = [Option<Rate>; QUOTAS];

impl QuotasSection {
    /// The rates in this Region.
    ///
    /// # Errors
    /// [`QuotaError`] with what to set.
    pub fn rates(&self, region: &Region) -> Result<Rates, QuotaError> {
        let mut rates: Rates = [None; QUOTAS];
        if self.preset == QuotaPreset::Aws {
            for (rate, quota) in rates.iter_mut().zip(Quota::all()) {
                *rate = Rate::per_second(quota.aws_rate(region));
            }
        }
        for (name, setting) in &self.rates {
            let quota = Quota::named(name).ok_or_else(|| QuotaError::Unknown(name.clone()))?;
            if let Some(rate) = rates.get_mut(quota.index()) {
                *rate = setting.rate().ok_or_else(|| QuotaError::NoRate(name.clone()))?;
            }
        }
        Ok(rates)
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
    use keywright_service::Settings;

    use super::*;

    fn rates(toml: &str) -> Result<Rates, String> {
        let settings = Settings::load(&format!("[quotas]\n{toml}")).unwrap();
        let section: QuotasSection = settings.section("quotas").map_err(|error| error.to_string())?;
        let region = Region::parse("eu-west-3").unwrap();
        section.rates(&region).map_err(|error| error.to_string())
    }

    fn of(rates: &Rates, name: &str) -> Option<Rate> {
        rates[Quota::named(name).unwrap().index()]
    }

    #[test]
    fn nothing_is_limited_unless_it_is_set() {
        let unset = rates("preset = \"none\"").unwrap();
        assert!(unset.iter().all(Option::is_none));
        let set = rates("preset = \"none\"\ncreate_key = 0.5\nlist_keys = \"20\"").unwrap();
        assert_eq!(of(&set, "create_key"), Rate::per_second(0.5));
        assert_eq!(of(&set, "list_keys"), Rate::per_second(20.0));
        assert_eq!(set.iter().flatten().count(), 2);
    }

    #[test]
    fn awss_figures_can_be_had_and_lifted() {
        let aws = rates("preset = \"aws\"\ncreate_key = \"unlimited\"\ncryptographic_rsa = 7").unwrap();
        assert_eq!(of(&aws, "create_key"), None);
        assert_eq!(of(&aws, "cryptographic_rsa"), Rate::per_second(7.0));
        assert_eq!(of(&aws, "cryptographic_symmetric"), Rate::per_second(10_000.0));
        assert_eq!(aws.iter().flatten().count(), QUOTAS - 1);
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

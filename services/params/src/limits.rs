//! How many parameters an account may have.

pub use keywright_service::quotas::Limit;
use serde::Deserialize;

use crate::domain::kind::Tier;

/// `[parameters]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParametersSection {
    /// Of the standard tier.
    pub standard_per_account: Limit,
    /// Of the advanced tier.
    pub advanced_per_account: Limit,
}

impl ParametersSection {
    /// How many parameters of a tier an account may have, if that is limited.
    #[must_use]
    pub fn of(&self, tier: Tier) -> Option<i64> {
        let limit = match tier {
            Tier::Standard => self.standard_per_account,
            Tier::Advanced => self.advanced_per_account,
        };
        limit.count()
    }
}

#[cfg(test)]
mod tests {
    use keywright_service::Settings;

    use super::*;
    use crate::config::DEFAULTS;

    fn read(toml: &str) -> Result<ParametersSection, String> {
        let settings = Settings::load(&format!("[parameters]\n{toml}")).unwrap();
        settings.section("parameters").map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_is_a_number_or_none() {
        let section = read("standard_per_account = 3\nadvanced_per_account = \"unlimited\"").unwrap();
        assert_eq!((section.of(Tier::Standard), section.of(Tier::Advanced)), (Some(3), None));
        let section = read("standard_per_account = \"7\"\nadvanced_per_account = 0").unwrap();
        assert_eq!((section.of(Tier::Standard), section.of(Tier::Advanced)), (Some(7), Some(0)));
        for bad in ["-1", "\"many\"", "1.5"] {
            let text = format!("standard_per_account = {bad}\nadvanced_per_account = 1");
            assert!(read(&text).is_err(), "{bad}");
        }
    }

    #[test]
    fn there_is_none_by_default() {
        let section: ParametersSection = Settings::load(DEFAULTS).unwrap().section("parameters").unwrap();
        assert_eq!((section.of(Tier::Standard), section.of(Tier::Advanced)), (None, None));
    }
}

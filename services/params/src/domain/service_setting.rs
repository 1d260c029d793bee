//! Service settings: what an account can have otherwise than it is by default.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ServiceSetting.html>

use keywright_aws_api::{AccountId, Arn, Region};

use super::kind::ParameterTier;

/// A setting of Parameter Store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceSetting {
    /// The tier of parameters for which none is asked for.
    DefaultParameterTier,
    /// Whether the account may call more often.
    HighThroughputEnabled,
}

impl ServiceSetting {
    /// The setting of this id.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        [Self::DefaultParameterTier, Self::HighThroughputEnabled].into_iter().find(|known| known.id() == id)
    }

    /// Its id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DefaultParameterTier => "/ssm/parameter-store/default-parameter-tier",
            Self::HighThroughputEnabled => "/ssm/parameter-store/high-throughput-enabled",
        }
    }

    /// What it is until it is set.
    #[must_use]
    pub const fn default_value(self) -> &'static str {
        match self {
            Self::DefaultParameterTier => ParameterTier::Standard.as_str(),
            Self::HighThroughputEnabled => "false",
        }
    }

    /// What it can be set to.
    #[must_use]
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::DefaultParameterTier => TIERS,
            Self::HighThroughputEnabled => &["true", "false"],
        }
    }
}

/// A setting as a request names it: by its id or its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingReference {
    /// The account that has it.
    pub account: AccountId,
    /// The setting, if there is one of this id.
    pub setting: Option<ServiceSetting>,
    /// Its ARN.
    pub arn: String,
}

impl SettingReference {
    /// Takes a text apart. What is no ARN is an id in the caller's account.
    #[must_use]
    pub fn parse(text: &str, region: &Region, account: AccountId) -> Self {
        if let Some(found) = Self::by_arn(text, region) {
            return found;
        }
        let resource = format!("{ARN_RESOURCE}/{}", text.trim_start_matches('/'));
        let arn = Arn::regional("ssm", region, account, &resource);
        Self { account, setting: ServiceSetting::named(text), arn }
    }

    fn by_arn(text: &str, region: &Region) -> Option<Self> {
        let arn = Arn::parse(text).ok()?;
        let id = arn.resource().strip_prefix(ARN_RESOURCE).filter(|_| arn.service() == "ssm")?;
        let account = AccountId::parse(arn.account()).ok()?;
        let setting = ServiceSetting::named(id).filter(|_| arn.region() == region.as_str());
        Some(Self { account, setting, arn: text.to_owned() })
    }
}

const ARN_RESOURCE: &str = "servicesetting";
const TIERS: &[&str] = &[
    ParameterTier::Standard.as_str(),
    ParameterTier::Advanced.as_str(),
    ParameterTier::IntelligentTiering.as_str(),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SettingReference {
        SettingReference::parse(text, &"us-east-1".parse().unwrap(), "000000000000".parse().unwrap())
    }

    #[test]
    fn a_setting_has_an_id_and_an_arn() {
        let arn =
            "arn:aws:ssm:us-east-1:000000000000:servicesetting/ssm/parameter-store/high-throughput-enabled";
        let by_id = parse("/ssm/parameter-store/high-throughput-enabled");
        assert_eq!(by_id, parse(arn));
        assert_eq!(by_id.setting, Some(ServiceSetting::HighThroughputEnabled));
        assert_eq!(by_id.arn, arn);
        let theirs = parse(&arn.replace("000000000000", "111122223333"));
        assert_eq!(theirs.account.as_str(), "111122223333");
        assert_eq!(parse(&arn.replace("us-east-1", "eu-west-1")).setting, None);
        for unknown in ["/ssm/opsinsights/opscenter", "ssm/parameter-store/high-throughput-enabled", "x"] {
            assert_eq!(parse(unknown).setting, None, "{unknown}");
        }
    }

    #[test]
    fn what_is_by_default_can_be_set() {
        for setting in [ServiceSetting::DefaultParameterTier, ServiceSetting::HighThroughputEnabled] {
            assert!(setting.values().contains(&setting.default_value()));
            assert_eq!(ServiceSetting::named(setting.id()), Some(setting));
        }
    }
}

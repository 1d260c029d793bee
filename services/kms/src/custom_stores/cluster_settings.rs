//! `[[hsm_clusters]]`: the tokens that can back custom key stores.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use keywright_aws_api::AccountId;
use keywright_crypto::SecretString;
use keywright_hsm::{TokenConfig, TokenSelector};
use keywright_service::{ServiceError, SettingsError};
use serde::Deserialize;

use super::trust_anchor::TrustAnchor;

/// A token that can back a custom key store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmClusterSection {
    /// How callers name it: `cluster-` and 11 to 16 of the characters 2-7, a-z and A-Z.
    pub id: String,
    /// The account that may make a store of it; by default the installation's first one.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The token's PKCS#11 library.
    pub module: PathBuf,
    /// The token's label.
    #[serde(default)]
    pub token: Option<String>,
    /// Or its serial number.
    #[serde(default)]
    pub token_serial: Option<String>,
    /// The crypto user, for libraries that take a user's name together with the password, as `user:password`.
    #[serde(default)]
    pub user: Option<String>,
    /// The cluster's certificate, in PEM, which whoever makes a store has to show.
    pub trust_anchor_certificate_file: PathBuf,
    /// How many calls the token works on at once.
    #[serde(default = "default_sessions")]
    pub sessions: usize,
    /// How long one call may take, in milliseconds.
    #[serde(default = "default_time_limit_ms")]
    pub time_limit_ms: u64,
}

impl HsmClusterSection {
    /// What is wrong with the clusters, if anything.
    #[must_use]
    pub fn fault(sections: &[Self]) -> Option<String> {
        let is_repeated = |(index, section): (usize, &Self)| {
            sections.iter().take(index).any(|former| former.id == section.id)
        };
        if let Some((_, twice)) =
            sections.iter().enumerate().find(|(index, section)| is_repeated((*index, section)))
        {
            return Some(format!("{} is there twice", twice.id));
        }
        sections.iter().find_map(|section| Some(format!("{}: {}", section.id, section.own_fault()?)))
    }

    fn own_fault(&self) -> Option<&'static str> {
        if !is_cluster_id(&self.id) {
            Some("an id is cluster- and 11 to 16 of the characters 2-7, a-z and A-Z")
        } else if self.token.is_some() == self.token_serial.is_some() {
            Some("set either token, the token's label, or token_serial")
        } else if self.sessions == 0
            || self.sessions > MAX_SESSIONS
            || !TIME_LIMITS_MS.contains(&self.time_limit_ms)
        {
            Some("sessions must be 1 to 64, and time_limit_ms 1 to 20000")
        } else if self.user.as_deref().is_some_and(|user| user.is_empty() || user.contains(':')) {
            Some("user must not be empty, nor have a colon")
        } else {
            None
        }
    }

    /// How the token is used by who knows this password.
    pub(super) fn token_config(&self, password: &SecretString) -> TokenConfig {
        let pin = match &self.user {
            Some(user) => SecretString::new(format!("{user}:{}", password.expose_secret())),
            None => password.clone(),
        };
        let serial = self.token_serial.clone().map(TokenSelector::Serial);
        let label = || TokenSelector::Label(self.token.clone().unwrap_or_default());
        TokenConfig {
            module: self.module.clone(),
            token: serial.unwrap_or_else(label),
            pin,
            sessions: self.sessions,
            timeout: self.time_limit(),
        }
    }

    /// [`time_limit_ms`](Self::time_limit_ms) as a duration.
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_millis(self.time_limit_ms)
    }

    pub(super) fn trust_anchor(&self) -> Result<TrustAnchor, ServiceError> {
        let path = &self.trust_anchor_certificate_file;
        let refuse = |reason: String| {
            let reason = format!("{}: {}: {reason}", self.id, path.display());
            ServiceError::from(SettingsError::Section { section: "hsm_clusters", reason })
        };
        let pem = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        TrustAnchor::from_pem(&pem).ok_or_else(|| refuse("one certificate in PEM is expected".to_owned()))
    }
}

fn is_cluster_id(id: &str) -> bool {
    id.strip_prefix("cluster-").is_some_and(|rest| {
        (11..=16).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte))
    })
}

fn default_sessions() -> usize {
    4
}

fn default_time_limit_ms() -> u64 {
    5000
}

const MAX_SESSIONS: usize = 64;
/// A login may take twice the longest, for which nobody else connects the store.
const TIME_LIMITS_MS: RangeInclusive<u64> = 1..=20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: &str) -> HsmClusterSection {
        HsmClusterSection {
            id: id.to_owned(),
            account: None,
            module: "/usr/lib/libhsm.so".into(),
            token: Some("store".to_owned()),
            token_serial: None,
            user: None,
            trust_anchor_certificate_file: "/etc/keywright/cluster.pem".into(),
            sessions: default_sessions(),
            time_limit_ms: default_time_limit_ms(),
        }
    }

    #[test]
    fn ids_have_the_form_of_aws() {
        for id in ["cluster-abcdefghijk", "cluster-234567ABCDEFGHIJ"] {
            assert_eq!(HsmClusterSection::fault(&[section(id)]), None, "{id}");
        }
        for id in
            ["", "cluster-", "cluster-abcdefghij", "cluster-abcdefghij1", "cluster-aaaaaaaaaaaaaaaaa", "x"]
        {
            assert!(HsmClusterSection::fault(&[section(id)]).is_some(), "{id}");
        }
    }

    #[test]
    fn what_can_not_be_is_named() {
        let good = || section("cluster-abcdefghijk");
        let faulty = [
            HsmClusterSection { token: None, ..good() },
            HsmClusterSection { token_serial: Some("1".to_owned()), ..good() },
            HsmClusterSection { sessions: 0, ..good() },
            HsmClusterSection { sessions: 65, ..good() },
            HsmClusterSection { time_limit_ms: 0, ..good() },
            HsmClusterSection { time_limit_ms: 20_001, ..good() },
            HsmClusterSection { user: Some("a:b".to_owned()), ..good() },
        ];
        for section in faulty {
            let fault = HsmClusterSection::fault(&[good(), section]).unwrap();
            assert!(fault.contains("cluster-abcdefghijk"), "{fault}");
        }
        assert!(HsmClusterSection::fault(&[good(), good()]).unwrap().contains("twice"));
    }

    #[test]
    fn a_users_name_stands_before_the_password_where_there_is_one() {
        let password = SecretString::new("password".to_owned());
        let pin = |section: HsmClusterSection| section.token_config(&password).pin.expose_secret().to_owned();
        assert_eq!(pin(section("cluster-abcdefghijk")), "password");
        let named = HsmClusterSection { user: Some("kmsuser".to_owned()), ..section("cluster-abcdefghijk") };
        assert_eq!(pin(named), "kmsuser:password");
    }

    #[test]
    fn a_token_is_named_by_its_label_or_its_serial_number() {
        let password = SecretString::new("password".to_owned());
        let config = section("cluster-abcdefghijk").token_config(&password);
        assert_eq!(config.token, TokenSelector::Label("store".to_owned()));
        let by_serial = HsmClusterSection {
            token: None,
            token_serial: Some("1234".to_owned()),
            ..section("cluster-abcdefghijk")
        };
        assert_eq!(by_serial.token_config(&password).token, TokenSelector::Serial("1234".to_owned()));
    }
}

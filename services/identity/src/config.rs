//! The identity service's configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use keywright_crypto::SecretString;
use keywright_service::base::read_secret;
use keywright_service::{BaseConfig, RootKeySection, ServiceError, Settings, SettingsError};
use serde::Deserialize;

use crate::domain::access_key::AccessKeyId;
use crate::domain::names::{ServiceName, SigningScope};
use crate::error::IdentityError;
use crate::web_identity::WebIdentitySection;

/// All that the identity service is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service is told.
    pub base: BaseConfig,
    /// `[root_key]`.
    pub root_key: RootKeySection,
    /// `[previous_root_key]`, while the root key is being replaced.
    pub previous_root_key: Option<RootKeySection>,
    /// `[bootstrap]`.
    pub bootstrap: BootstrapSection,
    /// `[answers]`.
    pub answers: AnswersSection,
    /// `[web_identity]`.
    pub web_identity: WebIdentitySection,
    /// `[service_principals]`, by a name of no meaning.
    pub service_principals: BTreeMap<String, ServicePrincipalSection>,
}

/// What a first start makes for the operator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapSection {
    /// Where the first access key of `admin` is written. Empty: none is made.
    pub admin_credentials_file: PathBuf,
}

/// How long answers may be kept, in seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersSection {
    /// From here on they are asked for again.
    pub refresh_after_seconds: u32,
    /// Up to here they are used without asking.
    pub fresh_seconds: u32,
    /// Up to here they are used while identity can't be asked.
    pub outage_seconds: u32,
    /// How long a forward token is good.
    pub forward_token_seconds: u32,
}

/// One of our services as a principal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServicePrincipalSection {
    /// Its name, such as `kms.amazonaws.com`.
    pub principal: String,
    /// The signing names it serves, comma-separated.
    pub scopes: String,
    /// Its access key.
    #[serde(default)]
    pub access_key_id: Option<String>,
    /// A file with that key's secret.
    #[serde(default)]
    pub secret_access_key_file: Option<PathBuf>,
}

/// A service principal, checked.
pub struct ServicePrincipal {
    /// Its name.
    pub name: ServiceName,
    /// The signing names it may ask derived keys for.
    pub scopes: Vec<SigningScope>,
    /// Its access key with the secret.
    pub access_key: Option<(AccessKeyId, SecretString)>,
}

impl Config {
    /// Takes the sections it needs.
    ///
    /// # Errors
    /// [`SettingsError`] when one is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            base: settings.base()?,
            root_key: settings.section("root_key")?,
            previous_root_key: settings.optional_section("previous_root_key")?,
            bootstrap: settings.section("bootstrap")?,
            answers: settings.section("answers")?,
            web_identity: settings.section("web_identity")?,
            service_principals: settings.section("service_principals")?,
        })
    }

    /// The service principals, with their secrets read from their files.
    ///
    /// # Errors
    /// [`ServiceError`] that names the setting which can't be used.
    pub fn service_principals(&self) -> Result<Vec<ServicePrincipal>, ServiceError> {
        self.service_principals.iter().map(|(key, section)| section.check(key)).collect()
    }
}

impl AnswersSection {
    /// Refuses bounds that contradict each other.
    ///
    /// # Errors
    /// [`IdentityError::Setting`] with what to set.
    pub fn check(&self) -> Result<(), IdentityError> {
        let refuse = |setting: &str, reason: &str| {
            Err(IdentityError::Setting { setting: format!("answers.{setting}"), reason: reason.to_owned() })
        };
        if self.refresh_after_seconds == 0 || self.refresh_after_seconds > self.fresh_seconds {
            return refuse("refresh_after_seconds", "it must be above 0 and at most fresh_seconds");
        }
        if self.outage_seconds < self.fresh_seconds {
            return refuse("outage_seconds", "it must be at least fresh_seconds");
        }
        if self.forward_token_seconds <= self.fresh_seconds
            || self.forward_token_seconds > MAX_FORWARD_TOKEN_SECONDS
        {
            return refuse("forward_token_seconds", "it must be above fresh_seconds and at most 3600");
        }
        Ok(())
    }
}

impl ServicePrincipalSection {
    fn check(&self, key: &str) -> Result<ServicePrincipal, ServiceError> {
        let setting = |name: &str, reason: String| {
            ServiceError::own(IdentityError::Setting {
                setting: format!("service_principals.{key}.{name}"),
                reason,
            })
        };
        let name =
            ServiceName::parse(&self.principal).map_err(|error| setting("principal", error.to_string()))?;
        let scopes = self.scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty());
        let scopes = scopes.map(SigningScope::parse).collect::<Result<_, _>>();
        let scopes = scopes.map_err(|error| setting("scopes", error.to_string()))?;
        let access_key = match (given(self.access_key_id.as_deref()), &self.secret_access_key_file) {
            (None, None) => None,
            (Some(id), Some(file)) => {
                let id =
                    AccessKeyId::parse(id).map_err(|error| setting("access_key_id", error.to_string()))?;
                let secret = read_secret(file)?;
                if secret.len() < MIN_SECRET_LEN {
                    let reason =
                        format!("the secret is shorter than {MIN_SECRET_LEN} characters: make a random one");
                    return Err(setting("secret_access_key_file", reason));
                }
                Some((id, secret))
            }
            (Some(_), None) => {
                return Err(setting("secret_access_key_file", "set it, or drop access_key_id".into()));
            }
            (None, Some(_)) => return Err(setting("access_key_id", "set it, or drop the file".into())),
        };
        Ok(ServicePrincipal { name, scopes, access_key })
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The defaults of this service's sections.
pub const DEFAULTS: &str = include_str!("default.toml");

const MAX_FORWARD_TOKEN_SECONDS: u32 = 3_600;
const MIN_SECRET_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use keywright_service::RootKeyKind;

    use super::*;

    #[test]
    fn the_defaults_are_complete_but_for_what_must_be_set() {
        let settings = Settings::load(DEFAULTS).unwrap();
        let config = Config::from_settings(&settings).unwrap();
        config.answers.check().unwrap();
        assert_eq!(config.web_identity.fault(), None);
        let services = config.service_principals().unwrap();
        let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
        assert!(names.contains(&"kms.amazonaws.com") && names.contains(&"ssm.amazonaws.com"));
        assert!(services.iter().all(|service| service.access_key.is_none()), "no built-in credential");
        assert_eq!(config.root_key.kind, RootKeyKind::KeyFile);
    }

    #[test]
    fn contradictory_bounds_are_refused() {
        let good = AnswersSection {
            refresh_after_seconds: 45,
            fresh_seconds: 60,
            outage_seconds: 900,
            forward_token_seconds: 600,
        };
        assert!(good.check().is_ok());
        assert!(AnswersSection { refresh_after_seconds: 61, ..good }.check().is_err());
        assert!(AnswersSection { outage_seconds: 59, ..good }.check().is_err());
        assert!(AnswersSection { forward_token_seconds: 60, ..good }.check().is_err());
    }

    #[test]
    fn half_an_access_key_or_a_weak_one_is_refused() {
        let section = |id: Option<&str>, file: Option<PathBuf>| ServicePrincipalSection {
            principal: "kms.amazonaws.com".to_owned(),
            scopes: "kms, kms2".to_owned(),
            access_key_id: id.map(str::to_owned),
            secret_access_key_file: file,
        };
        assert_eq!(section(None, None).check("kms").unwrap().scopes.len(), 2);
        assert!(section(Some("AKIAAAAAAAAAAAAAAAAA"), None).check("kms").is_err());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "short\n").unwrap();
        assert!(section(Some("AKIAAAAAAAAAAAAAAAAA"), Some(file.clone())).check("kms").is_err());
        std::fs::write(&file, "s".repeat(40)).unwrap();
        assert!(section(Some("AKIAAAAAAAAAAAAAAAAA"), Some(file)).check("kms").unwrap().access_key.is_some());
    }
}

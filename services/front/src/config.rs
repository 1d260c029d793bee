//! What the front is told.

use std::collections::BTreeMap;

use keywright_aws_api::Region;
use keywright_service::config::{ServiceSection, TelemetrySection};
use keywright_service::{Settings, SettingsError};
use serde::Deserialize;

/// All that the front is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[service]`: listeners, limits, the front token; its Region is the one of requests that name none.
    pub service: ServiceSection,
    /// `[telemetry]`.
    pub telemetry: TelemetrySection,
    /// `[front]`.
    pub front: FrontSection,
}

/// Where requests go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontSection {
    /// The service that refuses what names no service.
    pub fallback: String,
    /// Base URLs by service, or by service and Region.
    #[serde(default)]
    pub routes: BTreeMap<String, RouteSection>,
}

/// A base URL for all Regions, or one for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum RouteSection {
    /// For the service and Region that the key names, or for all Regions if it names none.
    Address(String),
    /// By Region. In variables, which can't have hyphens, `us_east_1` is `us-east-1`.
    ByRegion(BTreeMap<String, String>),
}

/// One route, taken apart: which service, which Region (none for all), where to.
pub(crate) struct Route<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: Option<Region>,
    pub(crate) address: &'a str,
}

impl Config {
    /// Takes the sections it needs.
    ///
    /// # Errors
    /// [`SettingsError`] when one is missing or wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            service: settings.section("service")?,
            telemetry: settings.section("telemetry")?,
            front: settings.section("front")?,
        })
    }
}

impl FrontSection {
    /// The routes one by one; as an error the name that can't be understood.
    pub(crate) fn routes(&self) -> impl Iterator<Item = Result<Route<'_>, String>> {
        self.routes.iter().flat_map(|(name, section)| match section {
            RouteSection::Address(address) => vec![named(name, address)],
            RouteSection::ByRegion(regions) => {
                regions.iter().map(|(region, address)| in_region(name, region, address)).collect()
            }
        })
    }
}

fn named<'a>(name: &'a str, address: &'a str) -> Result<Route<'a>, String> {
    match name.split_once('.') {
        Some((service, region)) => in_region(service, region, address),
        None if name.is_empty() => Err(name.to_owned()),
        None => Ok(Route { service: name, region: None, address }),
    }
}

fn in_region<'a>(service: &'a str, region: &str, address: &'a str) -> Result<Route<'a>, String> {
    match Region::parse(&region.replace('_', "-")) {
        Ok(region) if !service.is_empty() => Ok(Route { service, region: Some(region), address }),
        Ok(_) | Err(_) => Err(format!("{service}.{region}")),
    }
}

/// The defaults of the front's sections.
pub const DEFAULTS: &str = include_str!("default.toml");

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(toml: &str) -> Vec<String> {
        let settings = Settings::load(&format!("{DEFAULTS}\n{toml}")).unwrap();
        let front = Config::from_settings(&settings).unwrap().front;
        let shown = |route: Result<Route<'_>, String>| match route {
            Ok(Route { service, region: Some(region), address }) => format!("{service}/{region} {address}"),
            Ok(Route { service, region: None, address }) => format!("{service} {address}"),
            Err(name) => format!("not understood: {name}"),
        };
        front.routes().map(shown).collect()
    }

    #[test]
    fn a_route_is_named_by_a_service_with_or_without_a_region() {
        let toml = "sts = 'http://a'\nkms.us-east-1 = 'http://b'\n'ssm.eu-west-1' = 'http://c'";
        assert_eq!(routes(toml), ["kms/us-east-1 http://b", "ssm/eu-west-1 http://c", "sts http://a"]);
    }

    #[test]
    fn underscores_are_the_hyphens_of_variables() {
        assert_eq!(routes("kms.us_east_1 = 'http://b'"), ["kms/us-east-1 http://b"]);
    }

    #[test]
    fn other_names_are_not_understood() {
        let toml = "'.us-east-1' = 'http://a'\n'kms.' = 'http://b'\nkms.'U S' = 'http://c'";
        let expected = [".us-east-1", "kms.U S", "kms."].map(|name| format!("not understood: {name}"));
        assert_eq!(routes(toml), expected);
    }

    #[test]
    fn the_defaults_name_no_address() {
        assert!(routes("").is_empty());
    }
}

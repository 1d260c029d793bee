//! The table of routes.

use std::collections::HashMap;

use keywright_aws_api::Region;
use keywright_service::routing::ScopeHint;

use crate::backend::Backend;
use crate::config::FrontSection;
use crate::error::FrontError;

/// Where a request goes, by service and Region. Cheap to look up, never changed.
pub(crate) struct RouteTable {
    services: HashMap<String, Service>,
    fallback: String,
    /// The Region of requests that name none.
    region: Region,
}

#[derive(Default)]
struct Service {
    everywhere: Option<Backend>,
    regions: Vec<(Region, Backend)>,
}

impl RouteTable {
    pub(crate) fn new(section: &FrontSection, region: Region) -> Result<Self, FrontError> {
        let mut services: HashMap<String, Service> = HashMap::new();
        for route in section.routes() {
            let route = route.map_err(|route| FrontError::RouteName { route })?;
            let name = match &route.region {
                Some(region) => format!("{}.{region}", route.service),
                None => route.service.to_owned(),
            };
            let Some(backend) = Backend::parse(&name, route.address) else {
                return Err(FrontError::RouteAddress { route: name });
            };
            let service = services.entry(route.service.to_owned()).or_default();
            match route.region {
                Some(region) => service.regions.push((region, backend)),
                None => service.everywhere = Some(backend),
            }
        }
        if services.is_empty() {
            return Err(FrontError::NoRoutes);
        }
        let table = Self { services, fallback: section.fallback.clone(), region };
        match table.of_service(&table.fallback) {
            Some(_) => Ok(table),
            None => Err(FrontError::Fallback { service: table.fallback }),
        }
    }

    /// Who answers for a scope: the service in its Region, or else in another, which will refuse the scope.
    pub(crate) fn of_scope(&self, scope: ScopeHint<'_>) -> Option<&Backend> {
        let in_region = self.services.get(scope.service)?.in_region(scope.region);
        in_region.or_else(|| self.of_service(scope.service))
    }

    /// Who answers for a service where no Region is named: the front's own, or else any.
    pub(crate) fn of_service(&self, service: &str) -> Option<&Backend> {
        let service = self.services.get(service)?;
        service
            .in_region(self.region.as_str())
            .or_else(|| service.regions.first().map(|(_, backend)| backend))
    }

    /// Who refuses what names no service.
    pub(crate) fn fallback(&self) -> Option<&Backend> {
        self.of_service(&self.fallback)
    }

    /// All backends; one that has several routes appears with each.
    pub(crate) fn backends(&self) -> impl Iterator<Item = &Backend> {
        self.services.values().flat_map(|service| {
            service.everywhere.iter().chain(service.regions.iter().map(|(_, backend)| backend))
        })
    }
}

impl Service {
    fn in_region(&self, region: &str) -> Option<&Backend> {
        let named = self.regions.iter().find(|(name, _)| name.as_str() == region).map(|(_, backend)| backend);
        named.or(self.everywhere.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, &str)], fallback: &str) -> Result<RouteTable, FrontError> {
        let routes = routes.iter().map(|(name, address)| {
            ((*name).to_owned(), crate::config::RouteSection::Address((*address).to_owned()))
        });
        let section = FrontSection { fallback: fallback.to_owned(), routes: routes.collect() };
        RouteTable::new(&section, Region::parse("us-east-1").unwrap())
    }

    fn standard() -> RouteTable {
        let routes = [
            ("sts", "http://127.0.0.1:1"),
            ("kms.us-east-1", "http://127.0.0.1:2"),
            ("kms.eu-west-1", "http://127.0.0.1:3/"),
            ("ssm.eu-west-1", "http://params:8080"),
        ];
        table(&routes, "sts").unwrap()
    }

    #[test]
    fn a_scope_leads_to_its_service_in_its_region() {
        let table = standard();
        let name = |service, region| table.of_scope(ScopeHint { region, service }).map(Backend::name);
        assert_eq!(name("kms", "us-east-1"), Some("kms.us-east-1"));
        assert_eq!(name("kms", "eu-west-1"), Some("kms.eu-west-1"));
        assert_eq!(name("kms", "eu-west-2"), Some("kms.us-east-1"), "who refuses it, and records that");
        assert_eq!(name("sts", "anywhere"), Some("sts"));
        assert_eq!(name("s3", "us-east-1"), None);
        assert_eq!(name("", ""), None);
    }

    #[test]
    fn without_a_region_the_own_one_counts() {
        let table = standard();
        assert_eq!(table.of_service("kms").map(Backend::name), Some("kms.us-east-1"));
        assert_eq!(table.of_service("ssm").map(Backend::name), Some("ssm.eu-west-1"));
        assert_eq!(table.fallback().map(Backend::name), Some("sts"));
        assert_eq!(table.backends().count(), 4);
    }

    #[test]
    fn what_could_not_work_is_refused_by_name() {
        let refused = |routes: &[(&str, &str)], fallback: &str| match table(routes, fallback) {
            Ok(_) => panic!("{routes:?} was taken"),
            Err(error) => error.to_string(),
        };
        assert!(refused(&[], "sts").contains("front.routes"));
        assert!(refused(&[("kms", "http://a:1")], "sts").contains("front.routes.sts"));
        for address in
            ["", "kms:8080", "https://kms:8080", "http://", "http://kms/path", "http://kms/?q", "ftp://k"]
        {
            let error = refused(&[("sts", address)], "sts");
            assert!(
                error.contains("front.routes.sts") && error.contains("http://host:port"),
                "{address}: {error}"
            );
        }
    }
}

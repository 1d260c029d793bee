//! To which hosts rotators connect.
//!
//! A secret's JSON names a host, and whoever may write the secret chooses it. Without rules this process would open
//! connections for them to whatever it can reach, such as a cloud's metadata endpoint or a neighbour on the loopback
//! interface. A name is resolved once, its addresses are checked, and the connection goes to a checked address: a name that
//! resolves to something else the second time gains nothing.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use crate::RotationError;

/// An allow list of names (`db.example.com`), names with what is below them (`*.example.com`), addresses and networks
/// (`10.0.0.0/8`).
///
/// An empty list allows every host. In any case only a network that is listed opens the addresses that are no database's
/// by default: loopback, link-local (where clouds have their metadata endpoints), unspecified and multicast ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostRules(Vec<HostRule>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    Name(String),
    Below(String),
    Network(IpNet),
}

impl HostRules {
    /// Reads a list.
    ///
    /// # Errors
    /// The first entry that is neither a name nor a network.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, InvalidHostRule> {
        entries.iter().map(|entry| entry.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a connection may go to this address, to which this host resolved.
    fn allows(&self, host: &str, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        let listed = self.0.iter().any(|rule| matches!(rule, HostRule::Network(net) if net.contains(&plain)));
        listed || (!is_special(plain) && (self.0.is_empty() || self.0.iter().any(|rule| rule.names(host))))
    }

    /// The addresses of a host to which a connection may go.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, RotationError> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let found: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => match tokio::net::lookup_host((bare, port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    let reason = format!("its name can't be resolved ({})", error.kind());
                    return Err(RotationError::Unreachable { host: host.to_owned(), reason });
                }
            },
        };
        let allowed: Vec<SocketAddr> =
            found.into_iter().filter(|address| self.allows(bare, address.ip())).collect();
        if allowed.is_empty() {
            let reason = "the settings (allowed_hosts) don't allow its address".to_owned();
            return Err(RotationError::HostNotAllowed { host: host.to_owned(), reason });
        }
        Ok(allowed)
    }
}

impl HostRule {
    fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Name(name) => *name == host,
            Self::Below(suffix) => host.strip_suffix(suffix.as_str()).is_some_and(|head| head.ends_with('.')),
            Self::Network(_) => false,
        }
    }
}

/// Addresses that are no database's unless the operator says so.
fn is_special(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        // EC2's metadata endpoint over IPv6 is a unique local address.
        IpAddr::V6(address) => address.is_unicast_link_local() || address == METADATA_V6,
    };
    link_local || address.is_loopback() || address.is_unspecified() || address.is_multicast()
}

const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// An entry that is neither a host's name nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither the name of a host, nor *. and a domain, nor an address or network")]
pub struct InvalidHostRule(String);

impl FromStr for HostRule {
    type Err = InvalidHostRule;

    fn from_str(entry: &str) -> Result<Self, InvalidHostRule> {
        if let Ok(network) = entry.parse::<IpNet>() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = entry.parse::<IpAddr>() {
            return Ok(Self::Network(IpNet::from(address)));
        }
        let (below, name) = match entry.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, entry),
        };
        let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(InvalidHostRule(entry.to_owned()));
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        Ok(if below { Self::Below(name) } else { Self::Name(name) })
    }
}

impl<'de> Deserialize<'de> for HostRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&entries).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rules: &[&str], host: &str, address: &str) -> bool {
        HostRules::parse(rules).unwrap().allows(host, address.parse().unwrap())
    }

    #[test]
    fn without_rules_only_addresses_of_databases_are_open() {
        for open in ["10.1.2.3", "192.168.0.1", "203.0.113.9", "2001:db8::1", "fd00::1"] {
            assert!(allows(&[], "db", open), "{open}");
        }
        for closed in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "255.255.255.255",
        ] {
            assert!(!allows(&[], "db", closed), "{closed}");
        }
    }

    #[test]
    fn a_name_opens_what_it_resolves_to_but_no_special_address() {
        assert!(allows(&["db.example.com"], "DB.example.com.", "10.0.0.1"));
        assert!(allows(&["*.example.com"], "a.b.example.com", "10.0.0.1"));
        assert!(!allows(&["*.example.com"], "example.com", "10.0.0.1"));
        assert!(!allows(&["*.example.com"], "badexample.com", "10.0.0.1"));
        assert!(!allows(&["db.example.com"], "other.example.com", "10.0.0.1"));
        assert!(!allows(&["localhost"], "localhost", "127.0.0.1"));
        assert!(!allows(&["db.example.com"], "db.example.com", "169.254.169.254"));
    }

    #[test]
    fn a_network_opens_its_addresses_under_every_name() {
        assert!(allows(&["127.0.0.0/8"], "localhost", "127.0.0.1"));
        assert!(allows(&["10.0.0.0/8"], "anything", "10.9.9.9"));
        assert!(allows(&["10.0.0.7"], "anything", "::ffff:10.0.0.7"));
        assert!(!allows(&["10.0.0.0/8"], "anything", "11.0.0.1"));
    }

    #[test]
    fn what_is_no_rule_is_refused_by_name() {
        for entry in ["", "*", "*.", "a b", "db:5432", "http://db", "10.0.0.0/33"] {
            assert_eq!(HostRules::parse(&[entry]), Err(InvalidHostRule(entry.to_owned())));
        }
    }

    #[tokio::test]
    async fn a_host_that_is_not_allowed_is_refused_before_any_connection() {
        let refusal = HostRules::default().resolve("127.0.0.1", 5432).await.unwrap_err();
        assert!(matches!(refusal, RotationError::HostNotAllowed { host, .. } if host == "127.0.0.1"));
        let refusal = HostRules::default().resolve("[::1]", 5432).await.unwrap_err();
        assert!(matches!(refusal, RotationError::HostNotAllowed { .. }));
    }
}

//! `[web_identity]`: how the keys of OpenID Connect issuers are fetched and kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// How the keys of issuers are fetched and kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebIdentitySection {
    /// How long fetching an issuer's keys may take in all, in milliseconds.
    pub time_limit_ms: u64,
    /// Up to here they are used without asking again, in seconds.
    pub keys_fresh_seconds: u32,
    /// Up to here they are used while the issuer can't be asked, in seconds.
    pub keys_stale_seconds: u32,
    /// The shortest time between two questions to one issuer, in seconds.
    pub refresh_floor_seconds: u32,
    /// Authorities that may certify issuers besides those of the Web, in PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Where the issuers with these host names are; the others are asked for by DNS.
    #[serde(default)]
    pub resolve: BTreeMap<String, SocketAddr>,
}

impl WebIdentitySection {
    /// [`time_limit_ms`](Self::time_limit_ms) as a duration.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        Duration::from_millis(self.time_limit_ms)
    }

    /// What is wrong with the values, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if self.time_limit_ms == 0 || self.refresh_floor_seconds == 0 {
            Some("time_limit_ms and refresh_floor_seconds must be at least 1")
        } else if self.keys_stale_seconds < self.keys_fresh_seconds {
            Some("keys_stale_seconds must be at least keys_fresh_seconds")
        } else {
            None
        }
    }
}

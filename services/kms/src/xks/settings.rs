//! `[external_key_stores]`: how external key store proxies are called.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// How external key store proxies are called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalKeyStoresSection {
    /// How long one attempt may take, in milliseconds.
    pub time_limit_ms: u64,
    /// How often a call is tried that got no answer.
    pub attempts: u32,
    /// How many calls may wait for one store's proxy at once.
    pub max_concurrent_requests: usize,
    /// The authorities that may certify a proxy, in PEM; those of the Web where it isn't set.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Where the proxies with these host names are; the others are asked for by DNS, on port 443.
    #[serde(default)]
    pub resolve: BTreeMap<String, SocketAddr>,
}

impl ExternalKeyStoresSection {
    /// [`time_limit_ms`](Self::time_limit_ms) as a duration.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        Duration::from_millis(self.time_limit_ms)
    }

    /// What is wrong with the values, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if self.time_limit_ms == 0 || self.attempts == 0 || self.max_concurrent_requests == 0 {
            Some("time_limit_ms, attempts and max_concurrent_requests must be at least 1")
        } else {
            None
        }
    }
}

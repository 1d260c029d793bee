//! Fetches the keys of an issuer over HTTPS: its discovery document, and the key set that this names.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use keywright_service::ServiceError;
use keywright_service::https::{self, Authorities};
use serde::Deserialize;

use super::issuers::{FetchError, KeySource};
use super::key_set::KeySet;
use super::settings::WebIdentitySection;
use crate::error::IdentityError;

/// Asks issuers.
pub(super) struct Fetcher {
    http: reqwest::Client,
    time_limit: Duration,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    pub(super) fn new(section: &WebIdentitySection) -> Result<Self, ServiceError> {
        if let Some(fault) = section.fault() {
            return Err(setting("", fault.to_owned()));
        }
        let ca_file = section.ca_file.as_deref();
        let authorities = ca_file.map_or(Authorities::Web, Authorities::WebAnd);
        let mut builder = https::client_builder(authorities)
            .map_err(|error| match ca_file {
                Some(path) => setting(".ca_file", format!("{}: {error}", path.display())),
                None => ServiceError::own(error),
            })?
            .https_only(true)
            .http1_only()
            .pool_max_idle_per_host(1);
        for (host, address) in &section.resolve {
            builder = builder.resolve(&host.to_ascii_lowercase(), *address);
        }
        Ok(Self { http: builder.build().map_err(ServiceError::own)?, time_limit: section.time_limit() })
    }

    async fn fetch(&self, url: &str) -> Result<KeySet, FetchError> {
        let issuer = format!("https://{url}");
        let discovery = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document: Discovery = serde_json::from_slice(&self.get(&discovery).await?)
            .map_err(|_| "the discovery document is not understood")?;
        if document.issuer != issuer {
            return Err("the discovery document is of another issuer".into());
        }
        let keys = self.get(&document.jwks_uri).await?;
        KeySet::parse(&keys).ok_or_else(|| "the key set is not understood".into())
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut answer = self.http.get(url).header("accept", "application/json").send().await?;
        if answer.status().as_u16() != 200 {
            return Err(format!("the answer has the status {}", answer.status().as_u16()).into());
        }
        let mut received = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if received.len() + chunk.len() > MAX_ANSWER_LEN {
                return Err("the answer is too long".into());
            }
            received.extend_from_slice(&chunk);
        }
        Ok(received)
    }
}

impl KeySource for Fetcher {
    fn keys<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<KeySet, FetchError>> {
        async move {
            match tokio::time::timeout(self.time_limit, self.fetch(url)).await {
                Ok(fetched) => fetched,
                Err(_elapsed) => Err("the issuer took too long".into()),
            }
        }
        .boxed()
    }
}

fn setting(name: &str, reason: String) -> ServiceError {
    ServiceError::own(IdentityError::Setting { setting: format!("web_identity{name}"), reason })
}

/// Key sets have a few kilobytes.
const MAX_ANSWER_LEN: usize = 256 * 1024;

//! Fetches the keys of an issuer over HTTPS: its discovery document, and the key set that this names.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use keywright_service::ServiceError;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
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
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = &section.ca_file {
            add_roots(&mut roots, path)?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(ServiceError::own)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // An issuer may name its keys' place, and nothing else sends us anywhere: no redirect, no proxy of the environment.
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .http1_only()
            .pool_max_idle_per_host(1)
            .tls_backend_preconfigured(tls);
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

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), ServiceError> {
    let fault = |reason: String| setting(".ca_file", format!("{}: {reason}", path.display()));
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| fault("it is not valid PEM".to_owned()))?;
        roots.add(certificate).map_err(|_| fault("a certificate can't be a trust anchor".to_owned()))?;
    }
    if roots.len() == before { Err(fault("it holds no certificate".to_owned())) } else { Ok(()) }
}

fn setting(name: &str, reason: String) -> ServiceError {
    ServiceError::own(IdentityError::Setting { setting: format!("web_identity{name}"), reason })
}

/// Key sets have a few kilobytes.
const MAX_ANSWER_LEN: usize = 256 * 1024;

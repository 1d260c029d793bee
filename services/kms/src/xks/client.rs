//! The HTTP side: TLS, signatures, time limits, bounds.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::shape::Enumeration as _;
use keywright_aws_api::{Clock, Region};
use keywright_crypto::SecretString;
use keywright_service::ServiceError;
use keywright_service::https::{self, Authorities};
use keywright_sigv4::Signer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::error::{ProxyRefusal, XksError};
use super::settings::ExternalKeyStoresSection;
use super::wire::ErrorAnswer;
use crate::domain::custom_store::ProxyAddress;

/// What all proxies are called with: one pool of connections.
pub struct XksClient {
    http: reqwest::Client,
    region: Region,
    clock: Arc<dyn Clock>,
    time_limit: Duration,
    attempts: u32,
    max_concurrent_requests: usize,
}

/// One store's proxy.
pub struct XksProxy {
    client: Arc<XksClient>,
    endpoint: String,
    host: String,
    uri_path: String,
    signer: Signer,
    turns: Semaphore,
}

impl XksClient {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`ServiceError`] for authorities that can't be read.
    pub fn new(
        section: &ExternalKeyStoresSection,
        region: Region,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, ServiceError> {
        let ca_file = section.ca_file.as_deref();
        let authorities = ca_file.map_or(Authorities::Web, Authorities::Only);
        let mut builder = https::client_builder(authorities)
            .map_err(|error| match ca_file {
                Some(path) => {
                    ServiceError::own(format!("external_key_stores.ca_file {}: {error}", path.display()))
                }
                None => ServiceError::own(error),
            })?
            .https_only(true)
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(section.max_concurrent_requests);
        for (host, address) in &section.resolve {
            builder = builder.resolve(&host.to_ascii_lowercase(), *address);
        }
        Ok(Arc::new(Self {
            http: builder.build().map_err(ServiceError::own)?,
            region,
            clock,
            time_limit: section.time_limit(),
            attempts: section.attempts,
            max_concurrent_requests: section.max_concurrent_requests,
        }))
    }

    /// The proxy at an address, to which this secret proves who we are.
    ///
    /// # Errors
    /// [`XksError::Request`] for an address without a host.
    pub fn proxy(
        self: &Arc<Self>,
        address: &ProxyAddress,
        secret: SecretString,
    ) -> Result<XksProxy, XksError> {
        let endpoint = address.uri_endpoint.to_ascii_lowercase();
        let host = endpoint.strip_prefix("https://").ok_or(XksError::Request("not an https endpoint"))?;
        let signer = Signer::new(address.access_key_id.as_str(), secret, self.region.as_str(), SIGNING_NAME);
        Ok(XksProxy {
            client: Arc::clone(self),
            host: host.to_owned(),
            endpoint,
            uri_path: address.uri_path.clone(),
            signer,
            turns: Semaphore::new(self.max_concurrent_requests),
        })
    }
}

impl XksProxy {
    /// Posts to a path below the store's own, until there is an answer or the attempts are used up.
    pub(super) async fn exchange<I: Serialize, O: DeserializeOwned>(
        &self,
        path: &str,
        input: &I,
    ) -> Result<O, XksError> {
        let limit = self.client.time_limit;
        // Who waits in vain for its turn has not even tried, so a proxy that hangs holds up nobody for longer.
        let turn = tokio::time::timeout(limit, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(XksError::Busy) };
        let path = format!("{}{path}", self.uri_path);
        let body = serde_json::to_vec(input).map_err(|_| XksError::Request("the input cannot be encoded"))?;
        let mut attempt = 1;
        loop {
            let outcome = tokio::time::timeout(limit, self.post(&path, &body)).await;
            match outcome.unwrap_or(Err(XksError::TimedOut)) {
                Err(error) if error.is_transient() && attempt < self.client.attempts => attempt += 1,
                Err(error) => {
                    tracing::warn!(host = self.host, path, attempt, %error, "a call to an external key store failed");
                    return Err(error);
                }
                Ok(body) => {
                    return serde_json::from_slice(&body)
                        .map_err(|_| XksError::Malformed("not the expected json"));
                }
            }
        }
    }

    async fn post(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, XksError> {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        self.signer
            .sign("POST", path, "", &mut headers, body, self.client.clock.now())
            .map_err(|_| XksError::Request("the request cannot be signed"))?;
        let mut request = self.client.http.post(format!("{}{path}", self.endpoint)).body(body.to_vec());
        request = request.header("content-type", "application/json");
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let mut answer = request.send().await.map_err(|error| failure(&error))?;
        let status = answer.status();
        let mut received = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if received.len() + chunk.len() > MAX_ANSWER_LEN {
                return Err(XksError::Malformed("too long"));
            }
            received.extend_from_slice(&chunk);
        }
        if status.as_u16() == 200 { Ok(received) } else { Err(refusal(&received)) }
    }
}

impl fmt::Debug for XksProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "XksProxy({}{})", self.endpoint, self.uri_path)
    }
}

/// What an error answer means; the proxy's words go to the log, cut and with nothing in them that isn't printable.
fn refusal(body: &[u8]) -> XksError {
    let Ok(answer) = serde_json::from_slice::<ErrorAnswer>(body) else {
        return XksError::Malformed("an error without a name");
    };
    let Some(refusal) = ProxyRefusal::from_name(&answer.error_name) else {
        return XksError::Malformed("an error with an unknown name");
    };
    let message = answer.error_message.unwrap_or_default();
    let message: String = message.chars().filter(|c| matches!(c, ' '..='~')).take(MAX_LOGGED).collect();
    tracing::info!(error = refusal.as_str(), message, "an external key store proxy refused");
    XksError::Refused(refusal)
}

fn failure(error: &reqwest::Error) -> XksError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(at) = cause {
        if let Some(tls) = tls_error(at) {
            return XksError::Tls(tls.to_string());
        }
        cause = at.source();
    }
    if error.is_timeout() {
        XksError::TimedOut
    } else {
        XksError::Unreachable(keywright_aws_api::error::chain(error).to_string())
    }
}

/// An `io::Error` doesn't name what it wraps as its source.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    tls_error(inner)
}

/// The service in the credential scope.
const SIGNING_NAME: &str = "kms-xks-proxy";
/// The longest answer is that of an encryption: 4300 bytes in base64, and some members.
const MAX_ANSWER_LEN: usize = 32 * 1024;
/// How much of a proxy's words is logged.
const MAX_LOGGED: usize = 512;

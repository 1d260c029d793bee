//! Calls from one of our services to another, signed as the calling service.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Caller, Clock, FORWARD_TOKEN_HEADER, Region};
use keywright_crypto::SecretString;
use keywright_sigv4::Signer;
use keywright_telemetry::{request_span, trace_context};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

/// A service's own access key.
#[derive(Clone)]
pub struct ServiceKey {
    /// The access key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// One service as a client of another.
pub struct ServiceClient {
    http: reqwest::Client,
    endpoint: String,
    host: String,
    signing_name: &'static str,
    target_prefix: &'static str,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

/// Why a call to another service gave no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service answered with an error.
    #[error("the called service refused, code={code}")]
    Remote {
        /// The HTTP status.
        status: u16,
        /// The error's code, such as `NotFoundException`.
        code: String,
        /// The text for the caller.
        message: String,
    },
    /// The service could not be reached, or didn't answer in time.
    #[error("the called service is unavailable")]
    Unavailable(#[source] reqwest::Error),
    /// The request could not be made, or the answer not read.
    #[error("the called service was not understood: {0}")]
    Malformed(&'static str),
}

impl CallError {
    /// The error's code, where the service answered with one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Remote { code, .. } => Some(code),
            Self::Unavailable(_) | Self::Malformed(_) => None,
        }
    }
}

/// Which service is called.
pub struct Destination {
    /// Its base URL, such as `http://127.0.0.1:8080`.
    pub endpoint: String,
    /// Its name in the credential scope.
    pub signing_name: &'static str,
    /// Its prefix in `x-amz-target`.
    pub target_prefix: &'static str,
}

impl ServiceClient {
    /// A client that signs with `key`.
    ///
    /// # Errors
    /// [`CallError::Malformed`] when the endpoint is no URL; [`CallError::Unavailable`] when no client can be made.
    pub fn new(
        destination: Destination,
        key: &ServiceKey,
        region: &Region,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CallError> {
        Self::with_time_limit(destination, key, region, clock, CALL_TIME_LIMIT)
    }

    /// The same, for calls that are answered only when there is something to tell.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_time_limit(
        destination: Destination,
        key: &ServiceKey,
        region: &Region,
        clock: Arc<dyn Clock>,
        time_limit: Duration,
    ) -> Result<Self, CallError> {
        let url = reqwest::Url::parse(&destination.endpoint)
            .map_err(|_| CallError::Malformed("the endpoint is no URL"))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(CallError::Malformed("the endpoint names no host")),
        };
        let http = http_client(time_limit).map_err(CallError::Unavailable)?;
        let signer =
            Signer::new(&key.access_key_id, key.secret.clone(), region.as_str(), destination.signing_name);
        let endpoint = format!("{}/", destination.endpoint.trim_end_matches('/'));
        let Destination { signing_name, target_prefix, .. } = destination;
        Ok(Self { http, endpoint, host, signing_name, target_prefix, signer, clock })
    }

    /// The same client with the session token of temporary credentials.
    #[must_use]
    pub fn with_session_token(self, token: SecretString) -> Self {
        Self { signer: self.signer.session_token(token), ..self }
    }

    /// Calls an operation; for a caller, if one is given, with the caller's forward token.
    ///
    /// # Errors
    /// [`CallError`] when there is no answer, or an error as one.
    pub async fn call<I: Serialize + ?Sized, O: DeserializeOwned>(
        &self,
        operation: &str,
        input: &I,
        on_behalf_of: Option<&Caller>,
    ) -> Result<O, CallError> {
        let span = request_span::client(self.signing_name, operation);
        let outcome = self.exchange(operation, input, on_behalf_of).instrument(span.clone()).await;
        match &outcome {
            Ok(_) => request_span::ended(&span, 200, None),
            Err(CallError::Remote { status, code, .. }) => request_span::ended(&span, *status, Some(code)),
            Err(CallError::Unavailable(_)) => request_span::unanswered(&span, "unavailable"),
            Err(CallError::Malformed(_)) => request_span::unanswered(&span, "malformed"),
        }
        outcome
    }

    async fn exchange<I: Serialize + ?Sized, O: DeserializeOwned>(
        &self,
        operation: &str,
        input: &I,
        on_behalf_of: Option<&Caller>,
    ) -> Result<O, CallError> {
        let body =
            serde_json::to_vec(input).map_err(|_| CallError::Malformed("the input cannot be encoded"))?;
        let mut headers = vec![
            ("host".to_owned(), self.host.clone()),
            ("content-type".to_owned(), JSON.to_owned()),
            ("x-amz-target".to_owned(), format!("{}.{operation}", self.target_prefix)),
        ];
        if let Some(caller) = on_behalf_of {
            let token = caller
                .forward_token
                .as_ref()
                .ok_or(CallError::Malformed("the caller cannot be acted for"))?;
            headers.push((FORWARD_TOKEN_HEADER.to_owned(), token.expose_secret().to_owned()));
        }
        self.signer
            .sign("POST", "/", "", &mut headers, &body, self.clock.now())
            .map_err(|_| CallError::Malformed("the request cannot be signed"))?;

        let mut request = self.http.post(&self.endpoint).body(body);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        if let Some(parent) = trace_context::inject_current() {
            request = request.header(trace_context::TRACEPARENT, parent);
        }
        let answer = request.send().await.map_err(CallError::Unavailable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(CallError::Unavailable)?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|_| CallError::Malformed("the answer cannot be decoded"));
        }
        let error: RemoteError = serde_json::from_slice(&body).unwrap_or_default();
        Err(CallError::Remote { status: status.as_u16(), code: error.code, message: error.message })
    }
}

/// A client for calls inside the installation: no proxy, no redirect, connections kept.
///
/// # Errors
/// When the TLS back end can't be set up.
pub fn http_client(time_limit: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Another part of the process may have chosen already; it is the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIME_LIMIT)
        .timeout(time_limit)
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .tcp_nodelay(true)
        .build()
}

#[derive(Deserialize, Default)]
struct RemoteError {
    #[serde(rename = "__type", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

const JSON: &str = "application/x-amz-json-1.1";
const CALL_TIME_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(2);
const MAX_IDLE_CONNECTIONS: usize = 64;

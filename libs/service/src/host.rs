//! Serves APIs over actix-web.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest as ActixRequest, HttpResponse as ActixResponse, HttpServer, web};
use bytes::Bytes;
use keywright_aws_api::http::Headers;
use keywright_aws_api::{HttpApi, HttpRequest, HttpResponse, Protocol};
use keywright_crypto::SecretString;
use keywright_telemetry::{request_span, trace_context};
use tracing::Instrument as _;

use crate::error::ServiceError;
use crate::origin;
use crate::routing::scope_hint;

/// How APIs are served.
pub struct HostSettings {
    /// Where to listen; port 0 for a free one.
    pub listen: SocketAddr,
    /// Threads that serve requests.
    pub workers: usize,
    /// The largest body, in bytes.
    pub body_limit_bytes: usize,
    /// How long running requests are waited for at the end, in seconds.
    pub drain_seconds: u64,
    /// The token of a front that may name the client's address.
    pub front_token: Option<SecretString>,
}

/// A running HTTP listener.
pub struct Hosted {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Hosted {
    /// Runs `server`, which listens on `address`.
    pub fn spawn(server: Server, address: SocketAddr) -> Self {
        let handle = server.handle();
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%address, %error, "a listener ended");
            }
        });
        Self { address, handle }
    }

    /// Takes no new requests, and waits for the running ones.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

impl Drop for Hosted {
    /// Who was not stopped in order is ended at once: by the call itself, not by the future that says when it is done.
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

struct Host {
    apis: Vec<Arc<dyn HttpApi>>,
    body_limit_bytes: usize,
    front_token: Option<SecretString>,
}

/// Serves `apis` on one address; where there are several, each gets the requests that are signed for it.
///
/// # Errors
/// [`ServiceError::Listen`] when the address can't be had.
pub fn serve_http(apis: Vec<Arc<dyn HttpApi>>, settings: HostSettings) -> Result<Hosted, ServiceError> {
    let HostSettings { listen, workers, body_limit_bytes, drain_seconds, front_token } = settings;
    let host = web::Data::new(Host { apis, body_limit_bytes, front_token });
    let (listener, address) = bind(listen)?;
    let server = HttpServer::new(move || App::new().app_data(host.clone()).default_service(web::to(answer)))
        .workers(workers.max(1))
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIME_LIMIT)
        .shutdown_timeout(drain_seconds)
        .disable_signals()
        .listen(listener)
        .map_err(|cause| ServiceError::Listen { address, cause })?;
    Ok(Hosted::spawn(server.run(), address))
}

/// Binds an address; port 0 becomes a free one.
///
/// # Errors
/// [`ServiceError::Listen`] when it can't be had.
pub fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServiceError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let actual = listener.local_addr()?;
        Ok((listener, actual))
    });
    bound.map_err(|cause| ServiceError::Listen { address, cause })
}

async fn answer(host: web::Data<Host>, request: ActixRequest, payload: web::Payload) -> ActixResponse {
    let body = tokio::time::timeout(BODY_TIME_LIMIT, payload.to_bytes_limited(host.body_limit_bytes)).await;
    let (body, body_too_large) = match body {
        Ok(Ok(Ok(body))) => (body, false),
        Ok(Err(_over_limit)) => (Bytes::new(), true),
        // The client broke off, or was too slow: nobody is there to be told more.
        Ok(Ok(Err(_))) => return ActixResponse::BadRequest().finish(),
        Err(_elapsed) => return ActixResponse::RequestTimeout().finish(),
    };
    let headers: Headers<'_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let text = |name: &str| find(name).and_then(|value| std::str::from_utf8(value).ok());
    let source_ip =
        origin::source_ip(request.peer_addr().map(|peer| peer.ip()), host.front_token.as_ref(), find);
    let query = request.uri().query().unwrap_or_default();
    let of_path = host.apis.iter().find(|api| api.claims_path(request.uri().path()));
    let signed_for = || choose(&host.apis, text("authorization"), text("x-amz-target"), query);
    let Some(api) = of_path.or_else(signed_for) else {
        return ActixResponse::NotFound().finish();
    };
    let asked = Asked { target: text("x-amz-target"), query, body: body.clone() };
    let span = request_span::server(api.settings().signing_name);
    if !span.is_disabled() {
        request_span::named(&span, asked.operation(api.as_ref()));
        let parent = text(trace_context::FRONT_TRACEPARENT).or_else(|| text(trace_context::TRACEPARENT));
        parent.map(|parent| trace_context::parent_from(&span, parent));
    }
    let incoming = HttpRequest {
        method: request.method().as_str(),
        path: request.uri().path(),
        query,
        headers,
        body,
        body_too_large,
        source_ip,
        secure: request.app_config().secure(),
    };
    let answer = api.handle(incoming).instrument(span.clone()).await;
    request_span::answered(&span, answer.status, answer.error_type, &answer.request_id);
    if let Some(code) = answer.error_type.filter(|_| answer.status < 500) {
        // What is evaluated here costs nothing where the debug log is off.
        span.in_scope(|| {
            tracing::debug!(
                request_id = %answer.request_id,
                operation = asked.operation(api.as_ref()),
                code,
                status = answer.status,
                "a request was refused"
            );
        });
    }
    to_actix(answer)
}

/// Where a request says what it asks for.
struct Asked<'a> {
    target: Option<&'a str>,
    query: &'a str,
    body: Bytes,
}

impl Asked<'_> {
    /// The operation, if it is one of `api`: what anybody may write here must not become a name in a trace or a log.
    fn operation(&self, api: &dyn HttpApi) -> &'static str {
        let name = self.name(api.settings().protocol);
        let operations = api.operations();
        let known = operations.iter().find(|known| name == Some(known.name.as_bytes()));
        known.map_or(UNKNOWN_OPERATION, |known| known.name)
    }

    fn name(&self, protocol: Protocol) -> Option<&[u8]> {
        match protocol {
            Protocol::Json11 { .. } => Some(self.target?.rsplit_once('.')?.1.as_bytes()),
            Protocol::Query { .. } => {
                let form = if self.body.is_empty() { self.query.as_bytes() } else { &self.body };
                form.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"Action="))
            }
        }
    }
}

fn choose<'a>(
    apis: &'a [Arc<dyn HttpApi>],
    authorization: Option<&str>,
    target: Option<&str>,
    query: &str,
) -> Option<&'a Arc<dyn HttpApi>> {
    let first = apis.first()?;
    if apis.len() == 1 {
        return Some(first);
    }
    let hint = scope_hint(authorization, query);
    let claims = |api: &&Arc<dyn HttpApi>| api.settings().protocol.claims_target(target);
    let named = hint.and_then(|hint| {
        let mut named = apis.iter().filter(|api| api.settings().signing_name == hint.service);
        // One service may have several under one name; who asks for none of them is refused by the first.
        named.clone().find(claims).or_else(|| named.next())
    });
    let claimed = || apis.iter().find(claims);
    // Whoever signs for none of them, and asks for none, is refused by the first.
    Some(named.or_else(claimed).unwrap_or(first))
}

fn to_actix(response: HttpResponse) -> ActixResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = ActixResponse::build(status);
    builder.content_type(response.content_type);
    builder.insert_header(("x-amzn-requestid", response.request_id.to_string()));
    if let Some(cache_control) = response.cache_control {
        builder.insert_header(("cache-control", cache_control));
    }
    if let Some(error_type) = response.error_type {
        builder.insert_header(("x-amzn-errortype", error_type));
    }
    builder.body(response.body)
}

/// As in the audit log.
const UNKNOWN_OPERATION: &str = "UnknownOperation";
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const HEAD_TIME_LIMIT: Duration = Duration::from_secs(10);
const BODY_TIME_LIMIT: Duration = Duration::from_secs(30);

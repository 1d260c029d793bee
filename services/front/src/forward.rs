//! One request through the front.
//!
//! The body is taken whole before the service is asked, so that a slow client keeps no connection to a service busy, and
//! one that breaks off asks nothing. Of a body over the limit one byte too many is passed on: the service refuses and
//! records that as it would without a front.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::header::HeaderValue;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use keywright_service::routing::scope_hint;
use keywright_telemetry::{request_span, trace_context};
use tracing::{Instrument as _, Span};

use crate::backend::{Backend, BackendClient};
use crate::refusal::Refusal;
use crate::routes::RouteTable;
use crate::{headers, metrics, unsigned};

/// What a request needs on its way.
pub(crate) struct Front {
    pub(crate) routes: Arc<RouteTable>,
    pub(crate) front_token: Option<HeaderValue>,
    pub(crate) body_limit_bytes: usize,
    pub(crate) time_limit: Duration,
}

/// Passes one request on, and its answer back.
pub(crate) async fn forward(
    front: web::Data<Front>,
    client: web::Data<BackendClient>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let span = begin_span(&request);
    pass_on(&front, &client, &request, payload).instrument(span).await
}

/// The front's part of a trace, which goes on where the client is.
fn begin_span(request: &HttpRequest) -> Span {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let claimed = header("x-amz-target").and_then(|target| target.rsplit_once('.')).map(|(_, name)| name);
    let span = request_span::front(claimed);
    if let Some(parent) = header(trace_context::TRACEPARENT) {
        trace_context::parent_from(&span, parent);
    }
    span
}

async fn pass_on(
    front: &Front,
    client: &BackendClient,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let begun = Instant::now();
    let body = match tokio::time::timeout(BODY_TIME_LIMIT, read_body(payload, front.body_limit_bytes)).await {
        Ok(Some(body)) => body,
        // The client broke off, or was too slow: nobody is there to be told more.
        Ok(None) => return HttpResponse::BadRequest().finish(),
        Err(_elapsed) => return HttpResponse::RequestTimeout().finish(),
    };
    let (route, outcome) = match choose(&front.routes, request, &body) {
        Ok(backend) => (backend.name(), exchange(front, client, backend, request, body).await),
        Err(refusal) => ("", Err(refusal)),
    };
    let answer = outcome.unwrap_or_else(|refusal| refusal.answer(request.headers()));
    metrics::answered(route, answer.status().as_u16(), begun.elapsed());
    let span = Span::current();
    span.record("keywright.route", route);
    request_span::ended(&span, answer.status().as_u16(), None);
    answer
}

/// The body, or none when the client broke off; of one over the limit, one byte more than that.
async fn read_body(mut payload: web::Payload, limit: usize) -> Option<Bytes> {
    let kept = limit.saturating_add(1);
    let mut body = BytesMut::new();
    let mut dropped = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.is_empty() && chunk.len() <= limit {
            // Most bodies are one chunk, which is not copied.
            body = BytesMut::from(chunk);
            continue;
        }
        let room = kept.saturating_sub(body.len()).min(chunk.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or_default());
        dropped += chunk.len() - room;
        if dropped > MAX_DROPPED_BYTES {
            break;
        }
    }
    Some(body.freeze())
}

fn choose<'a>(routes: &'a RouteTable, request: &HttpRequest, body: &Bytes) -> Result<&'a Backend, Refusal> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    let scope = scope_hint(header("authorization"), query);
    if let Some(backend) = scope.and_then(|scope| routes.of_scope(scope)) {
        return Ok(backend);
    }
    // A service that isn't served here, or not in that Region: who the request is meant for refuses it, and records that,
    // as it does one without a scope.
    let is_form = header("content-type").is_some_and(|value| value.starts_with(FORM));
    let form = is_form.then_some(&body[..]);
    let meant = unsigned::of_path(request.uri().path())
        .or_else(|| unsigned::meant_service(header("x-amz-target"), query, form));
    let backend = meant.and_then(|service| routes.of_service(service)).or_else(|| routes.fallback());
    backend.ok_or(Refusal::Unavailable)
}

async fn exchange(
    front: &Front,
    client: &BackendClient,
    backend: &Backend,
    request: &HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refusal> {
    let outgoing = outgoing(front, backend, request, body).ok_or(Refusal::Malformed)?;
    match tokio::time::timeout(front.time_limit, client.send(outgoing)).await {
        Ok(Ok(answer)) => Ok(to_actix(answer)),
        Ok(Err(error)) => {
            let reason = if error.is_connect() { "connect" } else { "broken" };
            metrics::failed(backend.name(), reason);
            let cause: &dyn std::error::Error = &error;
            tracing::warn!(route = backend.name(), error = cause, "a service could not be asked");
            Err(Refusal::Unavailable)
        }
        Err(_elapsed) => {
            metrics::failed(backend.name(), "timeout");
            tracing::warn!(route = backend.name(), "a service did not answer in time");
            Err(Refusal::TimedOut)
        }
    }
}

fn outgoing(
    front: &Front,
    backend: &Backend,
    request: &HttpRequest,
    body: Bytes,
) -> Option<Request<Full<Bytes>>> {
    let path_and_query = request.uri().path_and_query().map_or("/", |text| text.as_str());
    let peer = request.peer_addr().map(|peer| peer.ip());
    let whole_body = body.len() <= front.body_limit_bytes;
    let mut outgoing = Request::new(Full::new(body));
    *outgoing.method_mut() = Method::from_bytes(request.method().as_str().as_bytes()).ok()?;
    *outgoing.uri_mut() = backend.uri(path_and_query).ok()?;
    *outgoing.headers_mut() =
        headers::to_backend(request.headers(), peer, front.front_token.as_ref(), whole_body)?;
    if let Some(parent) = trace_context::inject_current() {
        outgoing.headers_mut().insert(trace_context::FRONT_TRACEPARENT, HeaderValue::try_from(parent).ok()?);
    }
    Some(outgoing)
}

fn to_actix(answer: Response<Incoming>) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut builder = HttpResponseBuilder::new(status);
    for header in headers::to_client(&head.headers) {
        builder.append_header(header);
    }
    let length = body.size_hint().exact();
    let chunks = body.into_data_stream();
    match length {
        Some(length) => builder.body(SizedStream::new(length, chunks)),
        None => builder.body(BodyStream::new(chunks)),
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const BODY_TIME_LIMIT: Duration = Duration::from_secs(30);
/// So much of a body that is too large is still read, for its sender to see the answer; then the connection is closed.
const MAX_DROPPED_BYTES: usize = 16 << 20;

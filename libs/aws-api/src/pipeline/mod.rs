//! The way of a request: authenticated, decoded, loaded, authorized, run, recorded, answered.

mod authenticate;
mod authorize;
mod global_keys;
mod metrics;
mod record;
mod serve;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

pub use authorize::{ask_policy, check_access, denies, has_denials};
pub(crate) use serve::{Handler, handler};

use crate::api::Api;
use crate::error::{ApiError, Common, chain};
use crate::http::{HttpRequest, HttpResponse};
use crate::ids::RequestId;
use crate::protocol::Incoming;
use crate::work::ServiceState;

/// One request on its way, before it is known who asks.
pub(crate) struct Received<'a> {
    pub(crate) request: HttpRequest<'a>,
    pub(crate) request_id: RequestId,
    pub(crate) event_id: Uuid,
    pub(crate) received_at: OffsetDateTime,
}

/// Answers a request to `api`, whatever happens.
pub(crate) async fn handle<S: ServiceState>(api: &Api<S>, request: HttpRequest<'_>) -> HttpResponse {
    let received = Received {
        request,
        request_id: RequestId::generate(),
        event_id: Uuid::now_v7(),
        received_at: api.clock.now(),
    };
    let request_id = received.request_id;
    // A bug of the pipeline's own must cost one request, not the connections of all; one of an operation is caught where
    // it can still be recorded.
    match AssertUnwindSafe(answer(api, received)).catch_unwind().await {
        Ok(response) => response,
        Err(_panic) => {
            tracing::error!(%request_id, "a request panicked");
            let error = ApiError::common(Common::InternalFailure, "an internal error occurred");
            api.settings.protocol.encode_error(&error, request_id)
        }
    }
}

async fn answer<S: ServiceState>(api: &Api<S>, received: Received<'_>) -> HttpResponse {
    let request_id = received.request_id;
    let incoming = api.settings.protocol.read(&received.request);
    let name = incoming.as_ref().ok().map(Incoming::operation);
    let handler = name.and_then(|name| api.operations.get(name));

    let signed = handler.is_none_or(|handler| handler.info().signed);
    let authenticated = if signed {
        authenticate::authenticate(api, &received).await
    } else {
        authenticate::unsigned(api, &received)
    };
    let call = match authenticated {
        Ok(call) => call,
        Err(refused) => {
            let event_name = handler.map_or(UNKNOWN_OPERATION, |handler| handler.info().name);
            metrics::count_refused(
                api.settings.signing_name,
                event_name,
                refused.error.code(&api.settings.protocol).0,
            );
            let error = match record::record_refused(api, &received, event_name, &refused).await {
                Ok(()) => refused.error,
                Err(unrecorded) => unrecorded,
            };
            log_cause(api, event_name, request_id, &error);
            return api.settings.protocol.encode_error(&error, request_id);
        }
    };
    match (incoming, handler) {
        (Ok(incoming), Some(handler)) => handler.handle(api, call, incoming).await,
        (incoming, _) => {
            let error = incoming.err().unwrap_or_else(|| {
                ApiError::common(Common::UnknownOperation, "the requested operation is not known here")
            });
            let error = match record::record_failed(api, &call, UNKNOWN_OPERATION, &error).await {
                Ok(()) => error,
                Err(unrecorded) => unrecorded,
            };
            log_cause(api, UNKNOWN_OPERATION, request_id, &error);
            api.settings.protocol.encode_error(&error, request_id)
        }
    }
}

/// Logs what went wrong inside, once, where the request leaves.
fn log_cause<S>(api: &Api<S>, operation: &str, request_id: RequestId, error: &ApiError) {
    if let Some(cause) = error.cause() {
        let (code, cause) = (error.code(&api.settings.protocol).0, chain(cause));
        tracing::error!(%request_id, operation, code, %error, cause, "a request failed");
    }
}

/// The name under which requests that name no operation of ours are recorded.
const UNKNOWN_OPERATION: &str = "UnknownOperation";

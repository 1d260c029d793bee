//! The span of one request: the same name and attributes wherever a request enters or leaves a process.
//!
//! Attributes are names, codes and ids, never values of members. The names are those of OpenTelemetry's conventions:
//! <https://opentelemetry.io/docs/specs/semconv/rpc/>

use std::fmt::Display;

use tracing::Span;
use tracing::field::Empty;

use crate::trace_context;

/// A request that arrived at the API `service`. What it asks for is added by [`named`], only where the span is enabled.
pub fn server(service: &str) -> Span {
    tracing::debug_span!(
        "server",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = SYSTEM,
        rpc.service = service,
        rpc.method = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
        aws.request_id = Empty,
    )
}

/// Names a span after the operation: one of those that are registered, so that names stay few.
pub fn named(span: &Span, operation: &'static str) {
    span.record("otel.name", operation);
    span.record("rpc.method", operation);
}

/// A call of an operation of the API `service`, made by this process.
pub fn client(service: &str, operation: &str) -> Span {
    tracing::debug_span!(
        "client",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system = SYSTEM,
        rpc.service = service,
        rpc.method = operation,
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}

/// A request on its way through the front, which has verified nothing: what it asks for is only claimed.
pub fn front(claimed_operation: Option<&str>) -> Span {
    let span = tracing::debug_span!(
        "front",
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = SYSTEM,
        rpc.method = Empty,
        keywright.route = Empty,
        http.response.status_code = Empty,
    );
    if let Some(operation) = claimed_operation.filter(|name| is_operation_name(name)) {
        span.record("rpc.method", operation);
    }
    span
}

/// Adds how a request was answered: the status, the error's code if it is one, and the request's id.
pub fn answered(span: &Span, status: u16, error_code: Option<&str>, request_id: &dyn Display) {
    if span.is_disabled() {
        return;
    }
    span.record("aws.request_id", tracing::field::display(request_id));
    ended(span, status, error_code);
}

/// Adds which status a call gave, and the error's code if it is one.
pub fn ended(span: &Span, status: u16, error_code: Option<&str>) {
    if span.is_disabled() {
        return;
    }
    // OpenTelemetry's integers are signed; an unsigned one would become a text.
    span.record("http.response.status_code", i64::from(status));
    if let Some(code) = error_code {
        span.record("error.type", code);
    }
    // Of a server's span only what is the server's fault counts as an error.
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Adds that a call gave no answer, and why in one word.
pub fn unanswered(span: &Span, reason: &str) {
    if span.is_disabled() {
        return;
    }
    span.record("error.type", reason);
    span.record("otel.status_code", "ERROR");
}

/// A batch of `entries` events that one transaction is to store, linked to the requests they record.
///
/// A batch has many causes, so it is a trace of its own with links rather than a part of one of theirs. So many links
/// as OpenTelemetry's SDK keeps of one span: [`MAX_LINKS`].
pub fn consume<'a>(entries: usize, trace_parents: impl Iterator<Item = &'a str>) -> Span {
    let span = tracing::debug_span!(
        parent: None,
        "consume",
        otel.kind = "consumer",
        "messaging.operation.type" = "process",
        messaging.batch.message_count = i64::try_from(entries).unwrap_or(i64::MAX),
    );
    if !span.is_disabled() {
        let linked = trace_parents.filter(|parent| trace_context::link(&span, parent));
        let _ = linked.take(MAX_LINKS).count();
    }
    span
}

/// What a client claims goes into an attribute only if it could be an operation's name.
fn is_operation_name(text: &str) -> bool {
    (1..=LONGEST_OPERATION_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// How many links one span keeps.
pub const MAX_LINKS: usize = 128;
const SYSTEM: &str = "aws-api";
const LONGEST_OPERATION_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_taken_from_a_client() {
        assert!(is_operation_name("GenerateDataKeyWithoutPlaintext"));
        for text in ["", "a b", "ä", "Get-Parameter", "x\n", &"x".repeat(65)] {
            assert!(!is_operation_name(text), "{text:?}");
        }
    }

    #[test]
    fn a_request_without_tracing_has_no_span() {
        let spans = [server("kms"), client("kms", "Encrypt"), front(Some("Encrypt"))];
        assert!(spans.iter().all(Span::is_disabled));
        assert!(
            consume(1, ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"].into_iter()).is_disabled()
        );
    }
}

//! The W3C trace context as a header's text, for HTTP and for Kafka alike.
//! <https://www.w3.org/TR/trace-context/>

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header's name.
pub const TRACEPARENT: &str = "traceparent";

/// The header in which a front names its own span. The client's [`TRACEPARENT`] may be signed, so that the front has to
/// leave it as it is.
pub const FRONT_TRACEPARENT: &str = "x-keywright-traceparent";

/// The current span as a `traceparent`, or `None` where tracing is off.
pub fn inject_current() -> Option<String> {
    inject(&Span::current())
}

/// The span as a `traceparent`, or `None` where tracing is off or the span is disabled.
pub fn inject(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut headers);
    headers.remove(TRACEPARENT)
}

/// Makes the sender of `traceparent` the parent of `span`, which must not have been entered yet. Says whether it
/// did: not where tracing is off, nor for a text that is no trace context (a stranger's header is no error).
pub fn parent_from(span: &Span, traceparent: &str) -> bool {
    if span.is_disabled() {
        return false;
    }
    let context = extract(traceparent);
    context.span().span_context().is_valid() && span.set_parent(context).is_ok()
}

/// Links `span` to the sender of `traceparent`. Says whether it did, as [`parent_from`].
pub fn link(span: &Span, traceparent: &str) -> bool {
    if span.is_disabled() {
        return false;
    }
    let sender = extract(traceparent).span().span_context().clone();
    let valid = sender.is_valid();
    if valid {
        span.add_link(sender);
    }
    valid
}

fn extract(traceparent: &str) -> Context {
    let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    // Onto an empty context: what is no trace context must not become the present span's.
    TraceContextPropagator::new().extract_with_context(&Context::new(), &headers)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    fn with_tracing(run: impl FnOnce()) {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), run);
    }

    #[test]
    fn a_context_goes_through_a_header_and_keeps_its_trace() {
        with_tracing(|| {
            let sent = tracing::info_span!("client").in_scope(inject_current).unwrap();
            let server = tracing::info_span!("server");
            assert!(parent_from(&server, &sent));
            let passed_on = server.in_scope(inject_current).unwrap();

            let fields = |header: &str| header.split('-').map(str::to_owned).collect::<Vec<_>>();
            let (sent, passed_on) = (fields(&sent), fields(&passed_on));
            assert_eq!(sent.len(), 4);
            assert_eq!(sent[0], "00");
            assert_eq!(sent[1], passed_on[1], "one trace");
            assert_ne!(sent[2], passed_on[2], "two spans");
            assert_eq!(sent[3], "01", "sampled");
        });
    }

    #[test]
    fn the_example_of_the_specification_is_taken() {
        with_tracing(|| {
            let server = tracing::info_span!("server");
            assert!(parent_from(&server, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
            let passed_on = server.in_scope(inject_current).unwrap();
            assert!(passed_on.starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{passed_on}");
        });
    }

    #[test]
    fn a_link_leaves_a_span_in_its_own_trace() {
        with_tracing(|| {
            let batch = tracing::info_span!("batch");
            assert!(link(&batch, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
            let own = batch.in_scope(inject_current).unwrap();
            assert!(!own.contains("0af7651916cd43dd8448eb211c80319c"), "{own}");
        });
    }

    #[test]
    fn what_is_no_context_is_ignored_in_a_span_too() {
        with_tracing(|| {
            let outer = tracing::info_span!("outer").entered();
            let server = tracing::info_span!("server");
            assert!(!parent_from(&server, "nonsense") && !link(&server, "nonsense"));
            drop(outer);
        });
    }

    #[test]
    fn what_is_no_context_is_ignored() {
        with_tracing(|| {
            let server = tracing::info_span!("server");
            for text in ["", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
                assert!(!parent_from(&server, text), "{text:?}");
            }
        });
    }

    #[test]
    fn nothing_is_sent_where_tracing_is_off() {
        assert_eq!(inject_current(), None);
        assert!(!parent_from(&Span::none(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    }
}

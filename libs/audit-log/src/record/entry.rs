//! What is journaled: a serialized record with what its way needs to know.

use bytes::Bytes;
use uuid::Uuid;

/// A record on its way: opaque bytes, the id it is known by, and the key that keeps its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The record's `eventID`.
    pub event_id: Uuid,
    /// Entries with the same key stay in order: the resource's ARN, or else the account.
    pub partition_key: Bytes,
    /// The record as JSON.
    pub payload: Bytes,
    /// The W3C `traceparent` of the request.
    pub trace_parent: Option<Box<str>>,
}

impl Entry {
    /// An entry without a trace.
    pub fn new(event_id: Uuid, partition_key: impl Into<Bytes>, payload: impl Into<Bytes>) -> Self {
        Self { event_id, partition_key: partition_key.into(), payload: payload.into(), trace_parent: None }
    }

    /// The same entry as part of the trace that `trace_parent` names.
    #[must_use]
    pub fn with_trace_parent(mut self, trace_parent: Option<impl Into<Box<str>>>) -> Self {
        self.trace_parent = trace_parent.map(Into::into);
        self
    }
}

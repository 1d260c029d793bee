//! An entry as a Kafka message.

use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::BaseRecord,
};

use crate::{
    journal::StoredEntry,
    kafka::{EVENT_ID_HEADER, TRACE_PARENT_HEADER},
};

/// The message of an entry, which is known by its position when it is answered.
pub(super) fn of<'a>(topic: &'a str, stored: &'a StoredEntry) -> BaseRecord<'a, [u8], [u8], usize> {
    let StoredEntry { position, entry } = stored;
    let event_id = entry.event_id.to_string();
    let mut headers = OwnedHeaders::new_with_capacity(2)
        .insert(Header { key: EVENT_ID_HEADER, value: Some(event_id.as_str()) });
    if let Some(trace_parent) = entry.trace_parent.as_deref() {
        headers = headers.insert(Header { key: TRACE_PARENT_HEADER, value: Some(trace_parent) });
    }
    let opaque = usize::try_from(position.get()).unwrap_or(usize::MAX);
    BaseRecord::with_opaque_to(topic, opaque)
        .key(entry.partition_key.as_ref())
        .payload(entry.payload.as_ref())
        .headers(headers)
}

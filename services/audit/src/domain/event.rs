//! One event, as its row has it.

use bytes::Bytes;
use keywright_audit_log::EventEnvelope;
use keywright_audit_log::record::EnvelopeError;
use keywright_transparency_log::leaf_hash;
use time::macros::datetime;
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::indexed_text::indexed;

/// A record, with what of it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened, in UTC.
    pub time: OffsetDateTime,
    /// Its id.
    pub id: Uuid,
    /// The account whose event it is.
    pub account: String,
    /// The Region that served the call.
    pub region: String,
    /// The operation.
    pub name: String,
    /// The service, such as `kms.amazonaws.com`.
    pub source: String,
    /// Who asked, as LookupEvents names users.
    pub username: Option<String>,
    /// The access key that signed.
    pub access_key_id: Option<String>,
    /// Who asked, as an ARN.
    pub principal_arn: Option<String>,
    /// The address that the call came from, or the service that called.
    pub source_ip_address: Option<String>,
    /// Whether the operation changes nothing.
    pub read_only: bool,
    /// The error's code, if it was refused or failed.
    pub error_code: Option<String>,
    /// What it was about, in the record's order.
    pub resources: Vec<EventResource>,
    /// The record, byte for byte.
    pub record: Bytes,
    /// The record as a leaf of the transparency log: SHA-256 of 0x00 and the record (RFC 6962).
    pub leaf_hash: [u8; 32],
}

/// A resource of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventResource {
    /// Such as `AWS::KMS::Key`.
    pub resource_type: Option<String>,
    /// Its ARN.
    pub name: String,
}

/// Why bytes are no event.
#[derive(Debug, thiserror::Error)]
pub enum NotAnEvent {
    /// They are no record.
    #[error("{}", chain(.0))]
    Record(#[from] EnvelopeError),
    /// They are no UTF-8: what is not indexed may hide that from the parser.
    #[error("not a CloudTrail record: it is not UTF-8")]
    Encoding,
    /// No service of ours could have written it then: it would get a partition of its own for nothing.
    #[error("the event time is before the year 2000 or more than a year ahead")]
    Time,
}

impl Event {
    /// Reads a record that has arrived at `now`.
    ///
    /// # Errors
    /// [`NotAnEvent`] when it belongs to the dead letters.
    pub fn read(record: &Bytes, now: OffsetDateTime) -> Result<Self, NotAnEvent> {
        let envelope = EventEnvelope::parse(record)?;
        if std::str::from_utf8(record).is_err() {
            return Err(NotAnEvent::Encoding);
        }
        let time = envelope.event_time.to_offset(UtcOffset::UTC);
        if time < EARLIEST || time > now + FARTHEST_AHEAD {
            return Err(NotAnEvent::Time);
        }
        let username = envelope.username().map(str::to_owned);
        let resources = envelope.resources.into_iter().map(|resource| EventResource {
            resource_type: resource.resource_type.map(indexed),
            name: indexed(resource.arn),
        });
        Ok(Self {
            time,
            id: envelope.event_id,
            account: indexed(envelope.recipient_account_id),
            region: indexed(envelope.aws_region),
            name: indexed(envelope.event_name),
            source: indexed(envelope.event_source),
            username: username.map(indexed),
            access_key_id: envelope.access_key_id.map(indexed),
            principal_arn: envelope.principal_arn.map(indexed),
            source_ip_address: envelope.source_ip_address.map(indexed),
            read_only: envelope.read_only,
            error_code: envelope.error_code.map(indexed),
            resources: resources.collect(),
            leaf_hash: *leaf_hash(record).as_bytes(),
            record: record.clone(),
        })
    }

    /// The day whose partition it goes to.
    #[must_use]
    pub fn day(&self) -> Date {
        self.time.date()
    }
}

fn chain(error: &EnvelopeError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

const EARLIEST: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);
const FARTHEST_AHEAD: Duration = Duration::days(366);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 23:59:59 UTC);

    fn record(time: &str, user: &str) -> Bytes {
        format!(
            r#"{{"userIdentity":{{"type":"IAMUser","userName":"{user}","accessKeyId":"AKIA"}},"eventTime":"{time}",
            "eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1","readOnly":true,
            "errorCode":"AccessDeniedException","eventID":"6f1c3f5e-3d0c-4c5e-9a53-1c2b3d4e5f60",
            "resources":[{{"type":"AWS::KMS::Key","ARN":"arn:1"}},{{"ARN":"arn:2"}}],
            "recipientAccountId":"111122223333"}}"#
        )
        .into()
    }

    #[test]
    fn what_is_indexed_is_read_and_the_record_kept() {
        let record = record("2026-01-31T20:00:00-05:00", "alice");
        let event = Event::read(&record, NOW).unwrap();
        assert_eq!((event.name.as_str(), event.source.as_str()), ("Decrypt", "kms.amazonaws.com"));
        assert_eq!((event.account.as_str(), event.region.as_str()), ("111122223333", "us-east-1"));
        assert_eq!(
            (event.username.as_deref(), event.access_key_id.as_deref()),
            (Some("alice"), Some("AKIA"))
        );
        assert_eq!((event.read_only, event.error_code.as_deref()), (true, Some("AccessDeniedException")));
        assert_eq!(event.day(), time::macros::date!(2026 - 02 - 01), "the day is UTC's");
        let names: Vec<_> = event.resources.iter().map(|r| (r.resource_type.as_deref(), &*r.name)).collect();
        assert_eq!(names, [(Some("AWS::KMS::Key"), "arn:1"), (None, "arn:2")]);
        assert_eq!(event.record, record);
    }

    #[test]
    fn a_nul_in_a_name_hides_no_event() {
        let event = Event::read(&record("2026-01-31T00:00:00Z", r"a\u0000b"), NOW).unwrap();
        assert_eq!(event.username.as_deref(), Some("a\u{fffd}b"));
    }

    #[test]
    fn what_is_no_record_or_of_no_plausible_time_is_refused_with_the_reason() {
        let reason = |record: Bytes| Event::read(&record, NOW).unwrap_err().to_string();
        assert!(reason("{".into()).starts_with("not a CloudTrail record: "), "{}", reason("{".into()));
        assert!(reason(record("yesterday", "a")).starts_with("event time is not RFC 3339"));
        for time in ["1999-12-31T23:59:59Z", "2027-02-02T00:00:00Z"] {
            assert!(reason(record(time, "a")).contains("event time"), "{time}");
        }
        assert!(Event::read(&record("2027-02-01T00:00:00Z", "a"), NOW).is_ok());
    }
}

//! LookupEvents.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use keywright_audit_log::{EventEnvelope, Fields};
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::domain::lookup::{Asked, Lookup, LookupAttribute};
use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::store;
use crate::store::lookup::StoredEvent;

/// Lists events of the caller's account in the Region that was signed for, newest first.
pub struct LookupEvents;

/// What to look for. Only types are checked on decoding: CloudTrail has an error of its own for each member that is wrong.
#[derive(Input)]
pub struct LookupEventsInput {
    /// At most one.
    #[member(shape)]
    pub lookup_attributes: Option<Vec<LookupAttribute>>,
    /// Not before this.
    pub start_time: Option<Timestamp>,
    /// Not after this.
    pub end_time: Option<Timestamp>,
    /// Kinds of events that are no API calls.
    pub event_category: Option<String>,
    /// 1 to 50.
    pub max_results: Option<i32>,
    /// Where the page begins.
    pub next_token: Option<String>,
}

/// A page of events.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupEventsOutput {
    events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_id: String,
    event_name: String,
    /// A text, as in CloudTrail.
    read_only: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
    event_time: Timestamp,
    event_source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    resources: Vec<Resource>,
    cloud_trail_event: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
    resource_name: String,
}

impl Operation for LookupEvents {
    type Service = AuditTrail;
    type Input = LookupEventsInput;
    type Output = LookupEventsOutput;
    /// The query, checked.
    type Resource = Lookup;
    type Error = AuditError;

    const NAME: &'static str = "LookupEvents";
    const ACTION: &'static str = "cloudtrail:LookupEvents";
    const READ_ONLY: bool = true;

    async fn load(_trail: &AuditTrail, call: &Call, input: &LookupEventsInput) -> Result<Lookup, AuditError> {
        let asked = Asked {
            account: call.account(),
            region: &call.region,
            attributes: input.lookup_attributes.as_deref().unwrap_or_default(),
            category: input.event_category.as_deref(),
            start: input.start_time,
            end: input.end_time,
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        };
        Lookup::check(&asked, call.received_at)
    }

    fn accesses(_call: &Call, _input: &LookupEventsInput, _lookup: &Lookup) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<LookupEventsOutput, AuditError> {
        let (call, lookup) = (request.call, request.resource);
        let connection = trail.store.connection().await?;
        // One more than the page has, which tells whether another page follows.
        let rows = lookup.limit + 1;
        let mut found = store::lookup::find(&connection, call.account(), &call.region, lookup, rows).await?;
        drop(connection);
        let next_token = if found.len() > lookup.limit {
            found.truncate(lookup.limit);
            found.last().map(|last| last.place.to_token(lookup.digest))
        } else {
            None
        };
        let events = found.into_iter().map(Event::of).collect::<Result<_, _>>()?;
        Ok(LookupEventsOutput { events, next_token })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a LookupEventsInput,
        _lookup: Option<&'a Lookup>,
        _output: Option<&'a LookupEventsOutput>,
    ) {
        if let Some(attributes) = &input.lookup_attributes {
            let attributes = attributes.iter().map(|attribute| {
                let mut fields = Fields::new();
                fields.push_str("attributeKey", attribute.attribute_key.as_str());
                fields.push_str("attributeValue", attribute.attribute_value.as_str());
                fields
            });
            shown.request.push_objects("lookupAttributes", attributes);
        }
        let text = |time: Option<Timestamp>| time.map(|time| shown_time(time.to_offset_date_time()));
        shown.request.push_opt_str("startTime", text(input.start_time));
        shown.request.push_opt_str("endTime", text(input.end_time));
        shown.request.push_opt_str("eventCategory", input.event_category.as_deref());
        if let Some(max_results) = input.max_results {
            shown.request.push_i64("maxResults", max_results.into());
        }
        shown.request.push_opt_str("nextToken", input.next_token.as_deref());
    }
}

impl Event {
    /// An event as LookupEvents shows it: all of it is in its record.
    fn of(stored: StoredEvent) -> Result<Self, AuditError> {
        let StoredEvent { place, record } = stored;
        let envelope = EventEnvelope::parse(&record)
            .map_err(|cause| AuditError::Record { event_id: place.id, cause })?;
        let username = envelope.username().map(str::to_owned);
        let resources = envelope
            .resources
            .into_iter()
            .map(|resource| Resource { resource_type: resource.resource_type, resource_name: resource.arn });
        Ok(Self {
            event_id: envelope.event_id.to_string(),
            event_name: envelope.event_name,
            read_only: if envelope.read_only { "true" } else { "false" },
            access_key_id: envelope.access_key_id,
            event_time: envelope.event_time.into(),
            event_source: envelope.event_source,
            username,
            resources: resources.collect(),
            // JSON that was parsed is UTF-8: nothing is lost here.
            cloud_trail_event: String::from_utf8_lossy(&record).into_owned(),
        })
    }
}

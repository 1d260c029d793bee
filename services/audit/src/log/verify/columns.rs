//! Rows against the records they are of.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::event::Event;
use crate::log::wire::{EventRow, ResourceRow};

/// The columns of a row that aren't what the record gives.
pub(super) fn differing(row: &EventRow, event: &Event) -> Vec<&'static str> {
    let first = event.resources.first();
    let time = OffsetDateTime::parse(&row.event_time, &Rfc3339).ok();
    let checks = [
        ("event_time", time == Some(event.time)),
        ("event_id", row.event_id == event.id),
        ("account", row.account == event.account),
        ("region", row.region == event.region),
        ("event_name", row.event_name == event.name),
        ("event_source", row.event_source == event.source),
        ("username", row.username == event.username),
        ("access_key_id", row.access_key_id == event.access_key_id),
        ("read_only", row.read_only == event.read_only),
        ("error_code", row.error_code == event.error_code),
        ("principal_arn", row.principal_arn == event.principal_arn),
        ("source_ip_address", row.source_ip_address == event.source_ip_address),
        ("resource_type", row.resource_type == first.and_then(|first| first.resource_type.clone())),
        ("resource_name", row.resource_name.as_ref() == first.map(|first| &first.name)),
        ("event_resources", row.resources == further(event)),
    ];
    checks.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

/// The rows of the resources behind the first.
fn further(event: &Event) -> Vec<ResourceRow> {
    let further = (0..).zip(&event.resources).skip(1);
    further
        .map(|(ordinal, resource)| ResourceRow {
            ordinal,
            account: event.account.clone(),
            region: event.region.clone(),
            resource_type: resource.resource_type.clone(),
            resource_name: resource.name.clone(),
        })
        .collect()
}

//! How large the members of a record may be, as CloudTrail has it:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

use bytes::Bytes;
use serde::Serialize;

use super::{Fields, Record};

/// `userAgent`, `errorCode` and `errorMessage`, which are cut there.
pub(super) const TEXT_BYTES: usize = 1_024;
/// `requestParameters`, `responseElements`, `additionalEventData` and `serviceEventDetails`, which are left out beyond it.
pub(super) const MEMBER_BYTES: usize = 100 * 1_024;
/// A whole record. The largest members are left out until it fits.
pub(super) const RECORD_BYTES: usize = 256 * 1_024;

/// A text within its limit.
pub(super) fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(TEXT_BYTES);
    text.get(..end).unwrap_or(text)
}

/// The record with none of its members too large, nor the whole.
pub(super) fn within(record: &Record<'_>) -> Result<Bytes, serde_json::Error> {
    let members = [
        ("requestParameters", record.request_parameters),
        ("responseElements", record.response_elements),
        ("additionalEventData", record.additional_event_data),
        ("serviceEventDetails", record.service_event_details),
    ];
    let mut sizes = [0; 4];
    for (size, (_, fields)) in sizes.iter_mut().zip(&members) {
        *size = fields.map(size_of).transpose()?.unwrap_or_default();
    }
    let mut limit = MEMBER_BYTES;
    loop {
        let omitted: Vec<Option<Fields<'_>>> = sizes
            .iter()
            .zip(&members)
            .map(|(size, (name, _))| (*size > limit).then(|| omission(name, *size)))
            .collect();
        let shown = |index: usize, fields| omitted.get(index).and_then(Option::as_ref).or(fields);
        let json = Record {
            request_parameters: shown(0, record.request_parameters),
            response_elements: shown(1, record.response_elements),
            additional_event_data: shown(2, record.additional_event_data),
            service_event_details: shown(3, record.service_event_details),
            ..record.clone()
        }
        .serialized()?;
        let largest_left = sizes.iter().copied().filter(|size| *size <= limit).max().unwrap_or_default();
        if json.len() <= RECORD_BYTES || largest_left == 0 {
            return Ok(json);
        }
        limit = largest_left - 1;
    }
}

/// What stands for a member that is left out.
fn omission(name: &str, size: usize) -> Fields<'static> {
    let mut fields = Fields::new();
    fields
        .push_bool("omitted", true)
        .push_i64("originalSize", i64::try_from(size).unwrap_or(i64::MAX))
        .push_str("reason", format!("{name} too large"));
    fields
}

fn size_of(fields: &impl Serialize) -> Result<usize, serde_json::Error> {
    Ok(serde_json::to_vec(fields)?.len())
}

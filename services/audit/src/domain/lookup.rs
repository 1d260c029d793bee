//! What LookupEvents may ask for.

use keywright_aws_api::shape::{Timestamp, UnknownValue};
use keywright_aws_api::{AccountId, Input, Region, wire_enum};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::cursor::{Cursor, QueryDigest};
use super::indexed_text::indexed;
use crate::error::AuditError;

wire_enum! {
    /// By what events can be looked up.
    pub enum LookupAttributeKey {
        /// The event's id.
        EventId = "EventId",
        /// The operation.
        EventName = "EventName",
        /// `true` or `false`.
        ReadOnly = "ReadOnly",
        /// Who asked.
        Username = "Username",
        /// The type of a resource.
        ResourceType = "ResourceType",
        /// The ARN of a resource.
        ResourceName = "ResourceName",
        /// The service.
        EventSource = "EventSource",
        /// The access key that signed.
        AccessKeyId = "AccessKeyId",
    }
}

/// One attribute that events must have.
#[derive(Clone, Debug, Input)]
pub struct LookupAttribute {
    /// Which: a [`LookupAttributeKey`]. CloudTrail has an error of its own for other texts.
    pub attribute_key: String,
    /// Its value.
    pub attribute_value: String,
}

/// One attribute that events must have, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Any event.
    All,
    /// No event can have it.
    Nothing,
    /// This event.
    EventId(Uuid),
    /// Events that change nothing, or those that may.
    ReadOnly(bool),
    /// Events with this text in a column.
    Text(TextAttribute, String),
}

/// The attributes whose values are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAttribute {
    /// The operation.
    EventName,
    /// The service.
    EventSource,
    /// Who asked.
    Username,
    /// The access key that signed.
    AccessKeyId,
    /// The ARN of a resource.
    ResourceName,
    /// The type of a resource.
    ResourceType,
}

/// A query, checked: which events, from where on, how many.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What they must have.
    pub filter: Filter,
    /// Not before this.
    pub since: OffsetDateTime,
    /// Behind this in the list.
    pub behind: Cursor,
    /// At most so many.
    pub limit: usize,
    /// By which a token knows its query.
    pub digest: QueryDigest,
}

/// A query as it was asked.
pub struct Asked<'a> {
    /// Whose events.
    pub account: AccountId,
    /// Of which Region.
    pub region: &'a Region,
    /// What they must have.
    pub attributes: &'a [LookupAttribute],
    /// Kinds of events that are no API calls.
    pub category: Option<&'a str>,
    /// Not before this.
    pub start: Option<Timestamp>,
    /// Not after this.
    pub end: Option<Timestamp>,
    /// At most so many.
    pub max_results: Option<i32>,
    /// Where the page begins.
    pub next_token: Option<&'a str>,
}

impl Lookup {
    /// Checks a query that is asked at `now`.
    ///
    /// # Errors
    /// [`AuditError`] for an attribute, time range, number or token that isn't valid.
    pub fn check(asked: &Asked<'_>, now: OffsetDateTime) -> Result<Self, AuditError> {
        let limit = match asked.max_results {
            None => MAX_RESULTS,
            Some(asked) => usize::try_from(asked)
                .ok()
                .filter(|count| (1..=MAX_RESULTS).contains(count))
                .ok_or(AuditError::InvalidMaxResults(asked))?,
        };
        let mut filter = match asked.attributes {
            [] => Filter::All,
            [attribute] => Filter::check(attribute)?,
            _ => return Err(AuditError::InvalidLookupAttributes("Specify only one lookup attribute.")),
        };
        if let (Some(start), Some(end)) = (asked.start, asked.end)
            && start > end
        {
            return Err(AuditError::InvalidTimeRange);
        }
        match asked.category {
            None => {}
            // Insights events are told by CloudTrail from its own statistics: there are none here.
            Some("insight") => filter = Filter::Nothing,
            Some(_) => return Err(AuditError::InvalidEventCategory),
        }
        let oldest = now - KEPT_FOR;
        let since = asked.start.map_or(oldest, |start| start.to_offset_date_time().max(oldest));
        let end = asked.end.map_or(LATEST, Timestamp::to_offset_date_time);
        if end < since {
            filter = Filter::Nothing;
        }
        let digest = asked.digest();
        let behind = match asked.next_token {
            None => Cursor::before_all_until(end),
            Some(token) => Cursor::from_token(token, digest)?,
        };
        Ok(Self { filter, since, behind, limit, digest })
    }
}

impl Asked<'_> {
    /// Of all but the page's size and place. The times count as they were given: a default moves with the clock.
    fn digest(&self) -> QueryDigest {
        let millis = |time: Option<Timestamp>| time.map(|time| time.unix_millis().to_string());
        let (start, end) = (millis(self.start), millis(self.end));
        let fixed =
            [Some(self.account.as_str()), Some(self.region.as_str()), start.as_deref(), end.as_deref()];
        let attributes = self.attributes.iter().flat_map(|attribute| {
            [&attribute.attribute_key, &attribute.attribute_value].map(|text| Some(text.as_str()))
        });
        QueryDigest::of(fixed.into_iter().chain(attributes))
    }
}

impl Filter {
    fn check(attribute: &LookupAttribute) -> Result<Self, AuditError> {
        let key: LookupAttributeKey = attribute.attribute_key.parse().map_err(|UnknownValue(_)| {
            AuditError::InvalidLookupAttributes("Specify a valid lookup attribute key.")
        })?;
        let value = attribute.attribute_value.as_str();
        if !(1..=MAX_VALUE_CHARS).contains(&value.chars().count()) {
            return Err(AuditError::InvalidLookupAttributes(
                "Specify a lookup attribute value with 1 to 2000 characters.",
            ));
        }
        let text = |attribute| Ok(Self::Text(attribute, indexed(value.to_owned())));
        match key {
            LookupAttributeKey::EventId => Ok(Uuid::try_parse(value).map_or(Self::Nothing, Self::EventId)),
            LookupAttributeKey::ReadOnly => match value {
                "true" => Ok(Self::ReadOnly(true)),
                "false" => Ok(Self::ReadOnly(false)),
                _ => Err(AuditError::InvalidLookupAttributes(
                    "Specify true or false as the value of the lookup attribute ReadOnly.",
                )),
            },
            LookupAttributeKey::EventName => text(TextAttribute::EventName),
            LookupAttributeKey::EventSource => text(TextAttribute::EventSource),
            LookupAttributeKey::Username => text(TextAttribute::Username),
            LookupAttributeKey::AccessKeyId => text(TextAttribute::AccessKeyId),
            LookupAttributeKey::ResourceName => text(TextAttribute::ResourceName),
            LookupAttributeKey::ResourceType => text(TextAttribute::ResourceType),
        }
    }
}

const MAX_RESULTS: usize = 50;
const MAX_VALUE_CHARS: usize = 2_000;
/// CloudTrail's event history has 90 days.
const KEPT_FOR: Duration = Duration::days(90);
/// Clocks of other machines may be ahead: nothing is left out where no end was asked for.
const LATEST: OffsetDateTime = datetime!(9999-12-31 00:00 UTC);

#[cfg(test)]
mod tests;

use keywright_aws_api::{ApiError, Protocol};
use time::Duration as Span;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

struct Query {
    attributes: Vec<LookupAttribute>,
    start: Option<OffsetDateTime>,
    end: Option<OffsetDateTime>,
    max_results: Option<i32>,
    region: &'static str,
    account: &'static str,
}

impl Default for Query {
    fn default() -> Self {
        let (region, account) = ("us-east-1", "111122223333");
        Self { attributes: Vec::new(), start: None, end: None, max_results: None, region, account }
    }
}

impl Query {
    fn by(key: LookupAttributeKey, value: &str) -> Self {
        Self::by_text(key.as_str(), value)
    }

    fn by_text(key: &str, value: &str) -> Self {
        let attribute = LookupAttribute { attribute_key: key.to_owned(), attribute_value: value.to_owned() };
        Self { attributes: vec![attribute], ..Self::default() }
    }

    fn check(&self, next_token: Option<&str>) -> Result<Lookup, AuditError> {
        let asked = Asked {
            account: self.account.parse().unwrap(),
            region: &self.region.parse().unwrap(),
            attributes: &self.attributes,
            category: None,
            start: self.start.map(Timestamp::from),
            end: self.end.map(Timestamp::from),
            max_results: self.max_results,
            next_token,
        };
        Lookup::check(&asked, NOW)
    }

    fn refused(&self) -> &'static str {
        let refused = ApiError::from(self.check(None).unwrap_err());
        refused.code(&Protocol::Json11 { target_prefix: "" }).0
    }
}

#[test]
fn nothing_asked_for_is_the_last_ninety_days() {
    let lookup = Query::default().check(None).unwrap();
    assert_eq!((lookup.filter, lookup.limit), (Filter::All, 50));
    assert_eq!(lookup.since, NOW - Span::days(90));
    assert!(lookup.behind.time > NOW + Span::days(365));
}

#[test]
fn a_range_is_kept_within_what_is_kept() {
    let old = Query { start: Some(NOW - Span::days(200)), ..Query::default() };
    assert_eq!(old.check(None).unwrap().since, NOW - Span::days(90));
    let recent = Query { start: Some(NOW - Span::days(1)), end: Some(NOW), ..Query::default() };
    let lookup = recent.check(None).unwrap();
    assert_eq!(lookup.since, NOW - Span::days(1));
    assert_eq!(lookup.behind, Cursor::before_all_until(NOW));
    let instant = Query { start: Some(NOW), end: Some(NOW), ..Query::default() };
    assert_eq!(instant.check(None).unwrap().filter, Filter::All);
    for long_ago in [Span::days(91), Span::days(365 * 3_000)] {
        let gone = Query { end: Some(NOW - long_ago), ..Query::default() };
        assert_eq!(gone.check(None).unwrap().filter, Filter::Nothing);
    }
}

#[test]
fn a_range_that_ends_before_it_starts_is_refused() {
    let reversed = Query { start: Some(NOW), end: Some(NOW - Span::SECOND), ..Query::default() };
    assert_eq!(reversed.refused(), "InvalidTimeRangeException");
}

#[test]
fn each_attribute_becomes_its_filter() {
    use LookupAttributeKey as Key;
    let filter = |key, value: &str| Query::by(key, value).check(None).unwrap().filter;
    for (key, attribute) in [
        (Key::EventName, TextAttribute::EventName),
        (Key::EventSource, TextAttribute::EventSource),
        (Key::Username, TextAttribute::Username),
        (Key::AccessKeyId, TextAttribute::AccessKeyId),
        (Key::ResourceName, TextAttribute::ResourceName),
        (Key::ResourceType, TextAttribute::ResourceType),
    ] {
        assert_eq!(filter(key, "value"), Filter::Text(attribute, "value".to_owned()));
    }
    assert_eq!(filter(Key::ReadOnly, "false"), Filter::ReadOnly(false));
    assert_eq!(filter(Key::EventId, &Uuid::from_u128(5).to_string()), Filter::EventId(Uuid::from_u128(5)));
    assert_eq!(filter(Key::EventId, "no uuid"), Filter::Nothing);
}

#[test]
fn attributes_that_make_no_sense_are_refused() {
    use LookupAttributeKey as Key;
    let code = "InvalidLookupAttributesException";
    assert_eq!(Query::by(Key::EventName, "").refused(), code);
    assert_eq!(Query::by(Key::EventName, &"x".repeat(2_001)).refused(), code);
    assert_eq!(Query::by(Key::ReadOnly, "maybe").refused(), code);
    assert_eq!(Query::by_text("eventName", "Decrypt").refused(), code);
    let mut two = Query::by(Key::EventName, "Decrypt");
    two.attributes.push(two.attributes[0].clone());
    assert_eq!(two.refused(), code);
    assert!(Query::by(Key::EventName, &"ä".repeat(2_000)).check(None).is_ok());
}

#[test]
fn a_page_has_one_to_fifty_events() {
    for (max_results, expected) in [(1, 1), (50, 50)] {
        let query = Query { max_results: Some(max_results), ..Query::default() };
        assert_eq!(query.check(None).unwrap().limit, expected);
    }
    for max_results in [0, -1, 51, i32::MAX, i32::MIN] {
        let query = Query { max_results: Some(max_results), ..Query::default() };
        assert_eq!(query.refused(), "InvalidMaxResultsException");
    }
}

#[test]
fn a_token_is_good_for_the_same_query_of_whatever_page_size() {
    let query = Query::by(LookupAttributeKey::Username, "alice");
    let place = Cursor { time: NOW, id: Uuid::from_u128(9) };
    let token = place.to_token(query.check(None).unwrap().digest);
    assert_eq!(query.check(Some(&token)).unwrap().behind, place);
    let smaller = Query { max_results: Some(3), ..Query::by(LookupAttributeKey::Username, "alice") };
    assert_eq!(smaller.check(Some(&token)).unwrap().behind, place);
    for other in [
        Query::default(),
        Query::by(LookupAttributeKey::Username, "bob"),
        Query { region: "eu-west-1", ..Query::by(LookupAttributeKey::Username, "alice") },
        Query { account: "444455556666", ..Query::by(LookupAttributeKey::Username, "alice") },
        Query { start: Some(NOW), ..Query::by(LookupAttributeKey::Username, "alice") },
        Query { end: Some(NOW), ..Query::by(LookupAttributeKey::Username, "alice") },
    ] {
        assert!(matches!(other.check(Some(&token)), Err(AuditError::InvalidNextToken)));
    }
}

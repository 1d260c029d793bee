//! What a form becomes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::Input;
use crate::query::{Form, decode_query};
use crate::shape::{Blob, DecodeError, Timestamp};

#[derive(Debug, PartialEq, Input)]
#[input(crate = "crate")]
struct Tag {
    #[member(length = 1..=128)]
    key: String,
    #[member(length = 0..=256)]
    value: String,
}

#[derive(Debug, PartialEq, Input)]
#[input(crate = "crate")]
struct PolicyDescriptor {
    #[member(name = "arn")]
    arn: Option<String>,
}

/// In the manner of STS's AssumeRole, with more kinds of members.
#[derive(Debug, PartialEq, Input)]
#[input(crate = "crate")]
struct AssumeRole {
    #[member(length = 20..=2048)]
    role_arn: String,
    #[member(length = 2..=64, pattern = r"[\w+=,.@-]*")]
    role_session_name: String,
    #[member(shape, length = ..=50)]
    tags: Option<Vec<Tag>>,
    transitive_tag_keys: Option<Vec<String>>,
    #[member(range = 900..=43200)]
    duration_seconds: Option<i32>,
    policy_arns: Option<Vec<PolicyDescriptor>>,
    numbers: Option<Vec<i64>>,
    attributes: Option<BTreeMap<String, bool>>,
    since: Option<Timestamp>,
    blob: Option<Blob>,
    descriptor: Option<PolicyDescriptor>,
    ratio: Option<f64>,
}

fn decode(body: &str) -> Result<AssumeRole, DecodeError> {
    decode_query(&Form::parse(body.as_bytes())?)
}

/// A request that is right, and `more`.
fn decode_with(more: &str) -> Result<AssumeRole, DecodeError> {
    decode(&format!("RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fapp&RoleSessionName=web&{more}"))
}

#[test]
fn a_request_of_botocore_arrives_in_its_members() {
    // Written by botocore's query serializer.
    let body = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fapp&\
                RoleSessionName=web&Tags.member.1.Key=env&Tags.member.1.Value=p%26d+%C3%A9%2B1&Tags.member.2.Key=b&\
                Tags.member.2.Value=&TransitiveTagKeys=&DurationSeconds=900&PolicyArns.member.1.arn=arn%3Ax";
    let form = Form::parse(body.as_bytes()).unwrap();
    assert_eq!((form.action(), form.version()), (Some("AssumeRole"), Some("2011-06-15")));
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let input = decode_query::<AssumeRole>(&form).unwrap();
    assert_eq!(input.role_arn, "arn:aws:iam::000000000000:role/app");
    assert_eq!(input.tags, Some(vec![tag("env", "p&d é+1"), tag("b", "")]));
    assert_eq!(input.transitive_tag_keys, Some(Vec::new()));
    assert_eq!(input.duration_seconds, Some(900));
    assert_eq!(input.policy_arns, Some(vec![PolicyDescriptor { arn: Some("arn:x".into()) }]));
    assert_eq!(input.numbers, None);
}

#[test]
fn lists_are_ordered_by_number_and_may_be_flattened() {
    let numbers = |more: &str| decode_with(more).unwrap().numbers.unwrap();
    assert_eq!(numbers("Numbers.member.10=3&Numbers.member.9=2&Numbers.member.1=1"), [1, 2, 3]);
    assert_eq!(numbers("Numbers.2=2&Numbers.1=1"), [1, 2]);
    assert!(numbers("Numbers=").is_empty());
}

#[test]
fn maps_scalars_and_structures_are_read_as_their_type_asks() {
    let input = decode_with(
        "Attributes.entry.1.key=a&Attributes.entry.1.value=true&Attributes.entry.2.key=b&Attributes.entry.2.value=false&\
         Since=2023-11-14T22%3A13%3A20Z&Blob=aGk%3D&Descriptor.arn=x&Ratio=0.5",
    )
    .unwrap();
    assert_eq!(input.attributes, Some([("a".into(), true), ("b".into(), false)].into()));
    assert_eq!(input.since.unwrap().unix_millis(), 1_700_000_000_000);
    assert_eq!(input.blob.unwrap().as_bytes(), b"hi");
    assert_eq!(input.descriptor.unwrap().arn.as_deref(), Some("x"));
    assert_eq!(input.ratio, Some(0.5));
    assert!(decode_with("Attributes.1.key=a&Attributes.1.value=true").unwrap().attributes.unwrap()["a"]);
}

#[test]
fn violations_read_as_those_of_json() {
    let error = decode("RoleSessionName=a&Tags.member.1.Value=v&DurationSeconds=899").unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 validation errors detected: \
         Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
         Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; \
         Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null; \
         Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    );
}

#[test]
fn wrong_types_name_the_place_and_never_the_value() {
    let cases = [
        ("DurationSeconds=hunter2", "the value at 'durationSeconds' must be an integer"),
        ("DurationSeconds=", "the value at 'durationSeconds' must be an integer"),
        ("DurationSeconds.member.1=5", "the value at 'durationSeconds' must be an integer"),
        ("Numbers=hunter2", "the value at 'numbers' must be a list"),
        ("Numbers.member.hunter2=1", "the value at 'numbers' must be a list"),
        (
            "Numbers.member.1=1&Numbers.member.2=hunter2",
            "the value at 'numbers.2.member' must be a long integer",
        ),
        (
            "Attributes.entry.1.key=k&Attributes.entry.1.value=hunter2",
            "the value at 'attributes.k.member' must be a boolean",
        ),
        ("Attributes.entry.1.value=true", "the value at 'attributes' must be a map"),
        ("Tags.member.1=hunter2", "the value at 'tags.1.member' must be a structure"),
        ("Tags.member.1.Key.hunter2=1", "the value at 'tags.1.member.key' must be a string"),
        ("Since=hunter2", "the value at 'since' must be a timestamp"),
        ("Since.x=hunter2", "the value at 'since' must be a timestamp"),
        ("Blob=hunter2!", "the value at 'blob' must be base64 text"),
    ];
    for (more, expected) in cases {
        match decode_with(more) {
            Err(error @ DecodeError::WrongType(_)) => assert_eq!(error.to_string(), expected, "{more}"),
            other => panic!("{more}: {other:?}"),
        }
    }
}

#[test]
fn depth_count_and_encoding_are_bounded() {
    let many = "a=1&".repeat(Form::MAX_PAIRS);
    assert!(Form::parse(many.as_bytes()).is_ok());
    let deep = format!("Tags{}=1", ".x".repeat(100_000));
    for malformed in [format!("{many}b=2"), deep, "Name=%ff%fe".to_owned()] {
        assert!(matches!(decode(&malformed), Err(DecodeError::Malformed(_))));
    }
}

#[test]
fn a_form_is_decoded_and_its_values_are_not_debugged() {
    let form = Form::parse(b"&a=hunter2%3D&b&=c&a=second&%41+=%25zz&").unwrap();
    let pairs = form.pairs().collect::<Vec<_>>();
    assert_eq!(pairs, [("a", "hunter2="), ("b", ""), ("", "c"), ("a", "second"), ("A ", "%zz")]);
    assert_eq!(form.get("a"), Some("hunter2="));
    assert!(!format!("{form:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn decoding_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(form) = Form::parse(&body) {
            let _ = decode_query::<AssumeRole>(&form).map_err(|error| error.to_string());
        }
    }

    #[test]
    fn any_names_are_answered(
        pairs in prop::collection::vec(
            ("(Tags|Numbers|Attributes|Descriptor|Since)(\\.(member|entry|[0-9]{1,12}|key|value|Key|Value|arn)){0,4}", ".{0,5}"),
            0..12,
        )
    ) {
        let form = pairs.into_iter().collect::<Form>();
        let _ = decode_query::<AssumeRole>(&form).map_err(|error| error.to_string());
    }
}

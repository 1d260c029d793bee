//! What is decoded, and what is no JSON or of the wrong type.

use proptest::prelude::*;

use super::{EncryptionContext, KeySpec, Nothing, Sample, Tag, decode};
use crate::shape::{DecodeError, Input as _, Kind, decode_json};

#[test]
fn a_full_request_arrives_in_its_members() {
    let sample = decode(
        r#"{"KeyId":"k","Plaintext":"aGk=","CiphertextBlob":"AP8=","EncryptionContext":{"a":"b"},
            "KeySpec":"RSA_2048","KeySpecs":["RSA_2048","SYMMETRIC_DEFAULT"],"GrantTokens":["t"],
            "NumberOfBytes":1024,"Offset":-5,"KMSKeyArn":"b","Tags":[{"TagKey":"x","TagValue":""}],
            "Attributes":{"a":"1"},"Recursive":true,"Since":1700000000.25,"Type":"String","Secret":"open sesame",
            "Inner":[{"KeyId":"inner"}], "Unknown":{"deep":[1,2,{"a":null}]}}"#,
    )
    .unwrap();
    assert_eq!(sample.key_id, "k");
    assert_eq!(sample.plaintext.unwrap().expose_secret(), b"hi");
    assert_eq!(sample.ciphertext_blob.unwrap().as_bytes(), [0, 255]);
    assert_eq!(sample.encryption_context, Some(EncryptionContext([("a".into(), "b".into())].into())));
    assert_eq!(sample.key_spec, Some(KeySpec::Rsa2048));
    assert_eq!(sample.key_specs, Some(vec![KeySpec::Rsa2048, KeySpec::SymmetricDefault]));
    assert_eq!(sample.number_of_bytes, Some(1024));
    assert_eq!(sample.offset, Some(-5));
    assert_eq!(sample.kms_key_arn.as_deref(), Some("b"));
    assert_eq!(sample.grant_tokens, Some(vec!["t".to_owned()]));
    let tags = sample.tags.unwrap();
    assert_eq!((tags[0].tag_key.as_str(), tags[0].tag_value.as_str()), ("x", ""));
    assert_eq!(sample.attributes.unwrap().get("a").map(String::as_str), Some("1"));
    assert!(sample.recursive);
    assert_eq!(sample.since.unwrap().unix_millis(), 1_700_000_000_250);
    assert_eq!(sample.r#type.as_deref(), Some("String"));
    assert_eq!(sample.secret.unwrap().expose_secret(), "open sesame");
    assert_eq!(sample.inner.unwrap()[0].key_id, "inner");
    assert!(sample.note.is_none() && sample.alias_name.is_none() && sample.by_name.is_none());
}

#[test]
fn an_empty_body_is_an_empty_object() {
    for body in ["", " \r\n", "{}", "{\"Whatever\":1}"] {
        decode_json::<Nothing>(body.as_bytes()).unwrap();
    }
    assert!(!decode(r#"{"KeyId":"k"}"#).unwrap().recursive, "an absent member with a default");
}

#[test]
fn text_that_is_not_json_is_malformed() {
    let deep = format!(r#"{{"KeyId":"k","Tags":{}"#, "[".repeat(100_000));
    let deep_context = format!(r#"{{"EncryptionContext":{}"#, r#"{"a":"#.repeat(100_000));
    for body in ["{", "nope", r#"{"KeyId":"k"} x"#, "{\"KeyId\":\"\u{1}\"}", &deep, &deep_context] {
        let error = decode(body).unwrap_err();
        let start = body.chars().take(20).collect::<String>();
        assert!(matches!(error, DecodeError::Malformed(_)), "{start}: {error}");
    }
    assert!(matches!(decode_json::<Sample>(b"{\"KeyId\":\"\xff\"}"), Err(DecodeError::Malformed(_))));
}

#[test]
fn wrong_types_name_the_place_and_the_type_and_never_the_value() {
    let cases = [
        (r#"["hunter2"]"#, "the request must be a structure"),
        (r#""hunter2""#, "the request must be a structure"),
        (r#"{"KeyId":7}"#, "the value at 'keyId' must be a string"),
        (r#"{"Plaintext":"hunter2!"}"#, "the value at 'plaintext' must be base64 text"),
        (r#"{"Plaintext":{"hunter2":1}}"#, "the value at 'plaintext' must be base64 text"),
        (r#"{"Secret":[]}"#, "the value at 'secret' must be a string"),
        (r#"{"NumberOfBytes":"hunter2"}"#, "the value at 'numberOfBytes' must be an integer"),
        (r#"{"NumberOfBytes":5000000000}"#, "the value at 'numberOfBytes' must be an integer"),
        (r#"{"Recursive":"hunter2"}"#, "the value at 'recursive' must be a boolean"),
        (r#"{"GrantTokens":"hunter2"}"#, "the value at 'grantTokens' must be a list"),
        (r#"{"GrantTokens":["a",null]}"#, "the value at 'grantTokens.2.member' must be a string"),
        (r#"{"EncryptionContext":["hunter2"]}"#, "the value at 'encryptionContext' must be a map"),
        (r#"{"EncryptionContext":{"K":1}}"#, "the value at 'encryptionContext.K.member' must be a string"),
        (
            r#"{"Tags":[{"TagKey":"a"},{"TagKey":{}}]}"#,
            "the value at 'tags.2.member.tagKey' must be a string",
        ),
        (r#"{"Tags":[["hunter2","x"]]}"#, "the value at 'tags.1.member' must be a structure"),
        (r#"{"KeySpec":1}"#, "the value at 'keySpec' must be a string"),
        (r#"{"Since":"hunter2"}"#, "the value at 'since' must be a timestamp"),
        (r#"{"Since":1e300}"#, "the value at 'since' must be a timestamp"),
    ];
    for (body, expected) in cases {
        match decode(body) {
            Err(error @ DecodeError::WrongType(_)) => {
                assert_eq!(error.to_string(), expected, "{body}");
                assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn the_table_of_members_says_what_the_attributes_say() {
    let member = |name: &str| {
        Sample::MEMBERS.iter().find(|member| member.name == name).unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(Sample::MEMBERS.len(), 20);
    assert!(Nothing::MEMBERS.is_empty());
    assert!(member("KeyId").required && !member("Plaintext").required && !member("Recursive").required);
    assert_eq!(
        (member("KeyId").constraints.length.min, member("KeyId").constraints.length.max),
        (Some(1), Some(8))
    );
    assert_eq!(member("Offset").constraints.range.min, Some(-5));
    assert_eq!(member("Offset").constraints.range.max, None);
    assert_eq!(member("AliasName").constraints.pattern.unwrap().text, "[a-zA-Z0-9:/_-]+");
    assert_eq!(member("KMSKeyArn").constraints.one_of, ["a", "b"]);
    assert_eq!(member("KeySpec").values, ["SYMMETRIC_DEFAULT", "RSA_2048"]);
    assert_eq!(member("GrantTokens").constraints.each.unwrap().length.max, Some(4));
    assert_eq!(member("Tags").kind, Kind::List);
    assert_eq!(
        member("Tags").nested.unwrap()().iter().map(|tag| tag.name).collect::<Vec<_>>(),
        ["TagKey", "TagValue"]
    );
    assert!(member("Plaintext").sensitive && member("Note").sensitive && !member("KeyId").sensitive);
    assert_eq!(Tag::MEMBERS.len(), 2);
}

proptest! {
    #[test]
    fn decoding_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_json::<Sample>(&body).map_err(|error| error.to_string());
    }

    #[test]
    fn any_json_below_any_member_is_answered(
        name in prop::sample::select(Sample::MEMBERS.iter().map(|member| member.name).collect::<Vec<_>>()),
        value in any_json(),
    ) {
        let body = serde_json::json!({ "KeyId": "k", name: value }).to_string();
        match decode(&body) {
            Ok(_) => {}
            Err(error @ (DecodeError::WrongType(_) | DecodeError::Violations(_))) => {
                prop_assert!(error.to_string().len() < 20_000);
            }
            Err(error) => prop_assert!(false, "valid JSON was called malformed: {error}"),
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
        "[A-Za-z0-9+/]{4}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        let key = prop_oneof!["[a-z]{1,3}", Just("TagKey".to_owned()), Just("KeyId".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

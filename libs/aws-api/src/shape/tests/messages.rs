//! The words of refusals.

use super::{decode, violations};
use crate::shape::{DecodeError, Violations};

/// The one violation of a request that is otherwise right.
fn violation(member: &str) -> String {
    let message = violations(&format!(r#"{{"KeyId":"k",{member}}}"#));
    let one = message.strip_prefix("1 validation error detected: ");
    one.unwrap_or_else(|| panic!("more than one: {message}"))
        .replace("failed to satisfy constraint", "FAILED")
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_members() {
    assert_eq!(
        violations(r#"{"Plaintext":"","NumberOfBytes":0}"#),
        "3 validation errors detected: \
         Value null at 'keyId' failed to satisfy constraint: Member must not be null; \
         Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1; \
         Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"
    );
}

#[test]
fn null_is_as_good_as_absent() {
    assert_eq!(
        violations(r#"{"KeyId":null,"Plaintext":null}"#),
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn lengths_and_ranges_name_the_side_that_was_passed() {
    assert_eq!(
        violations(r#"{"KeyId":""}"#),
        "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
    assert_eq!(
        violations(r#"{"KeyId":"123456789"}"#),
        "1 validation error detected: Value '123456789' at 'keyId' failed to satisfy constraint: \
         Member must have length less than or equal to 8"
    );
    assert_eq!(
        violation(r#""NumberOfBytes":1025"#),
        "Value '1025' at 'numberOfBytes' FAILED: Member must have value less than or equal to 1024"
    );
    assert_eq!(
        violation(r#""Offset":-6"#),
        "Value '-6' at 'offset' FAILED: Member must have value greater than or equal to -5"
    );
}

#[test]
fn patterns_must_match_the_whole_text() {
    for text in ["alias/app name", "alias/app\\n", ""] {
        let message = violation(&format!(r#""AliasName":"{text}""#));
        assert!(
            message.ends_with(
                "at 'aliasName' FAILED: Member must satisfy regular expression pattern: [a-zA-Z0-9:/_-]+"
            ),
            "{message}"
        );
    }
    assert!(decode(r#"{"KeyId":"k","AliasName":"alias/app"}"#).is_ok());
}

#[test]
fn unknown_enum_values_are_answered_with_the_known_ones() {
    assert_eq!(
        violation(r#""KeySpec":"AES""#),
        "Value 'AES' at 'keySpec' FAILED: Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSA_2048]"
    );
    assert_eq!(
        violation(r#""KeySpecs":["RSA_2048","AES"]"#),
        "Value '[RSA_2048, AES]' at 'keySpecs' FAILED: Member must satisfy constraint: \
         [Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSA_2048]]"
    );
    // AWS lowers only the first letter of a name.
    assert_eq!(
        violation(r#""KMSKeyArn":"c""#),
        "Value 'c' at 'kMSKeyArn' FAILED: Member must satisfy enum value set: [a, b]"
    );
}

#[test]
fn elements_are_reported_once_at_their_list() {
    assert_eq!(
        violation(r#""GrantTokens":["", "12345"]"#),
        "Value '[, 12345]' at 'grantTokens' FAILED: Member must satisfy constraint: \
         [Member must have length less than or equal to 4, Member must have length greater than or equal to 1]"
    );
    assert_eq!(
        violation(r#""GrantTokens":["a","b","c","d"]"#),
        "Value '[a, b, c, d]' at 'grantTokens' FAILED: Member must have length less than or equal to 3"
    );
}

#[test]
fn map_keys_and_values_are_told_apart() {
    assert_eq!(
        violation(r#""Attributes":{"abc":"v"}"#),
        "Value at 'attributes' FAILED: Map keys must satisfy constraint: \
         [Member must have length less than or equal to 2, Member must have length greater than or equal to 1]"
    );
    assert_eq!(
        violation(r#""Attributes":{"a":"1234"}"#),
        "Value at 'attributes' FAILED: Map value must satisfy constraint: \
         [Member must have length less than or equal to 3]"
    );
    assert_eq!(
        violation(r#""Attributes":{"a":"1","b":"2","c":"3"}"#),
        "Value at 'attributes' FAILED: Member must have length less than or equal to 2"
    );
}

#[test]
fn nested_structures_are_reported_at_their_place() {
    assert_eq!(
        violation(r#""Tags":[{"TagKey":"a","TagValue":"b"},{"TagKey":"a","TagValue":"D&T"}]"#),
        r"Value 'D&T' at 'tags.2.member.tagValue' FAILED: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"
    );
    assert_eq!(
        violation(r#""ByName":{"x":{"TagValue":"b"}}"#),
        "Value null at 'byName.x.member.tagKey' FAILED: Member must not be null"
    );
    assert_eq!(
        violation(r#""Inner":[{"KeyId":"k","Inner":[{}]}]"#),
        "Value null at 'inner.1.member.inner.1.member.keyId' FAILED: Member must not be null"
    );
}

#[test]
fn sensitive_values_are_never_shown() {
    let secret = "aHVudGVyMmh1bnRlcjJodW50ZXIy";
    let body = format!(r#"{{"KeyId":"k","Plaintext":"{secret}","Secret":"hun","Note":"hunter2"}}"#);
    let message = violations(&body);
    assert_eq!(message.matches("Value at '").count(), 3, "{message}");
    assert!(!message.contains("hun") && !message.contains(secret), "{message}");
}

#[test]
fn long_values_and_many_violations_are_cut() {
    let message = violations(&format!(r#"{{"KeyId":"{}"}}"#, "é".repeat(5_000)));
    let shown = format!("Value '{}...' at 'keyId'", "é".repeat(128));
    assert!(message.contains(&shown), "{message}");

    let tags = vec!["{}"; 50].join(",");
    let message = violations(&format!(r#"{{"KeyId":"k","Tags":[{tags}]}}"#));
    assert!(message.starts_with("100 validation errors detected: "), "{message}");
    assert_eq!(message.matches("failed to satisfy").count(), Violations::MAX_SHOWN);
}

#[test]
fn lengths_of_text_count_code_points() {
    assert!(decode(r#"{"KeyId":"😀😀😀😀😀😀😀😀"}"#).is_ok());
    assert!(matches!(decode(r#"{"KeyId":"😀😀😀😀😀😀😀😀😀"}"#), Err(DecodeError::Violations(_))));
    assert!(matches!(decode(r#"{"KeyId":"k","Secret":"😀"}"#), Err(DecodeError::Violations(_))));
    assert!(decode(r#"{"KeyId":"k","Secret":"😀😀😀😀"}"#).is_ok());
}

#[test]
fn lengths_of_blobs_count_bytes_after_decoding() {
    // 16 bytes are 24 characters of base64; 17 bytes are as many.
    assert!(decode(r#"{"KeyId":"k","Plaintext":"AAAAAAAAAAAAAAAAAAAAAA=="}"#).is_ok());
    let message = violation(r#""Plaintext":"AAAAAAAAAAAAAAAAAAAAAAA=""#);
    assert_eq!(message, "Value at 'plaintext' FAILED: Member must have length less than or equal to 16");
}

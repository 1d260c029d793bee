//! The value types, both ways.

use keywright_crypto::{SecretBytes, SecretString};
use proptest::prelude::*;
use serde_json::json;

use super::KeySpec;
use crate::shape::{Blob, PlaintextOut, SecretBlob, SecretTextOut, Timestamp, UnknownValue};

fn blob(text: &str) -> Option<Vec<u8>> {
    serde_json::from_value::<Blob>(json!(text)).ok().map(Blob::into_bytes)
}

#[test]
fn base64_is_standard_with_padding_and_lenient_in_unused_bits() {
    // RFC 4648, section 10.
    for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")] {
        assert_eq!(blob(text).as_deref(), Some(bytes.as_bytes()));
        assert_eq!(serde_json::to_value(Blob(bytes.into())).unwrap(), json!(text));
    }
    assert_eq!(blob("Zh=="), Some(b"f".to_vec()), "unused bits are not looked at");
    assert_eq!(blob("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
    for wrong in ["Zg", "Zg=", "-_-_", "Zm9v\n", "Zm 9v", "====", "Zg==Zg=="] {
        assert_eq!(blob(wrong), None, "{wrong:?}");
    }
}

#[test]
fn secrets_are_written_by_output_types_only_and_never_debugged() {
    let out = PlaintextOut(SecretBytes::new(b"hunter2".to_vec()));
    assert_eq!(serde_json::to_string(&out).unwrap(), r#""aHVudGVyMg==""#);
    assert!(!format!("{out:?}").contains("hunter2"));
    let text = SecretTextOut(SecretString::new("hun\"ter2".into()));
    assert_eq!(serde_json::to_string(&text).unwrap(), r#""hun\"ter2""#);
    assert!(!format!("{text:?}").contains("hun"));
    let input: SecretBlob = serde_json::from_str(r#""aHVudGVyMg==""#).unwrap();
    assert_eq!(input.as_secret().expose_secret(), b"hunter2");
    assert!(!format!("{input:?}").contains("hunter2"));
    assert_eq!(input.into_secret().len(), 7);
}

#[test]
fn timestamps_are_epoch_seconds_with_a_fraction_only_where_there_is_one() {
    let json = |millis| serde_json::to_string(&Timestamp::from_unix_millis(millis).unwrap()).unwrap();
    assert_eq!(json(1_700_000_000_000), "1700000000");
    assert_eq!(json(1_700_000_000_123), "1700000000.123");
    assert_eq!(json(-1_500), "-1.5");
    assert_eq!(json(0), "0");
}

#[test]
fn timestamps_are_read_from_numbers_and_iso_8601() {
    let read = |text: &str| serde_json::from_str::<Timestamp>(text).ok().map(Timestamp::unix_millis);
    assert_eq!(read("1700000000"), Some(1_700_000_000_000));
    assert_eq!(read("1.7e9"), Some(1_700_000_000_000));
    assert_eq!(read("1700000000.1239"), Some(1_700_000_000_124));
    assert_eq!(read("\"2023-11-14T22:13:20Z\""), Some(1_700_000_000_000));
    assert_eq!(read("\"2023-11-15T00:13:20.5+02:00\""), Some(1_700_000_000_500));
    assert_eq!(read("\"1700000000\""), Some(1_700_000_000_000));
    for wrong in ["1e18", "9223372036854775807", "\"yesterday\"", "\"NaN\"", "true", "{}"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
    assert_eq!(Timestamp::from_unix_millis(1_700_000_000_000).unwrap().to_iso8601(), "2023-11-14T22:13:20Z");
    assert_eq!(
        Timestamp::from_unix_millis(1_700_000_000_120).unwrap().to_iso8601(),
        "2023-11-14T22:13:20.12Z"
    );
}

#[test]
fn a_time_is_cut_to_the_millisecond_and_turned_to_utc() {
    let time = time::macros::datetime!(2026-01-31 10:00:00.123_999_999 +02:00);
    let timestamp = Timestamp::from(time);
    assert_eq!(timestamp.to_iso8601(), "2026-01-31T08:00:00.123Z");
    assert_eq!(Timestamp::from(timestamp.to_offset_date_time()), timestamp);
}

#[test]
fn enums_are_awss_strings_everywhere() {
    assert_eq!(KeySpec::Rsa2048.to_string(), "RSA_2048");
    assert_eq!("RSA_2048".parse(), Ok(KeySpec::Rsa2048));
    assert_eq!("rsa_2048".parse::<KeySpec>(), Err(UnknownValue("KeySpec")));
    assert_eq!(serde_json::to_value(KeySpec::ALL).unwrap(), json!(["SYMMETRIC_DEFAULT", "RSA_2048"]));
    assert_eq!(serde_json::from_value::<KeySpec>(json!("RSA_2048")).unwrap(), KeySpec::Rsa2048);
    let error = serde_json::from_value::<KeySpec>(json!("hunter2")).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

proptest! {
    #[test]
    fn blobs_survive_the_wire(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let text = serde_json::to_string(&Blob(bytes.clone())).unwrap();
        prop_assert_eq!(serde_json::from_str::<Blob>(&text).unwrap().into_bytes(), bytes);
    }

    #[test]
    fn timestamps_survive_the_wire(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
        let timestamp = Timestamp::from_unix_millis(millis).unwrap();
        let text = serde_json::to_string(&timestamp).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap().unix_millis(), millis);
        let iso = serde_json::to_string(&timestamp.to_iso8601()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&iso).unwrap().unix_millis(), millis);
    }
}

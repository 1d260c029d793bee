//! The XML of answers.

use std::collections::BTreeMap;

use keywright_crypto::SecretString;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Serialize;

use crate::error::Fault;
use crate::query::{encode_error, encode_response};
use crate::shape::{Blob, SecretTextOut, Timestamp};

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CallerIdentity {
    arn: String,
    user_id: Option<String>,
    account: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Everything {
    members: Vec<CallerIdentity>,
    names: Vec<&'static str>,
    map: BTreeMap<String, i64>,
    is_truncated: bool,
    count: u8,
    ratio: f64,
    created: Timestamp,
    precise: Option<Timestamp>,
    blob: Blob,
    secret: SecretTextOut,
    choice: Choice,
    other: Choice,
    unit: Choice,
}

#[derive(Serialize)]
enum Choice {
    Text(String),
    Fields { first: char },
    Unit,
}

/// The result element of an answer whose frame is checked elsewhere.
fn result(output: &impl Serialize) -> String {
    let xml = String::from_utf8(encode_response("X", "u", "r", output).unwrap()).unwrap();
    let inner = xml.strip_prefix("<XResponse xmlns=\"u\">").unwrap();
    let tail = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></XResponse>";
    inner.strip_suffix(tail).unwrap().to_owned()
}

#[test]
fn an_answer_has_awss_frame() {
    let output = CallerIdentity {
        arn: "arn:aws:iam::000000000000:user/admin".into(),
        user_id: None,
        account: Some("000000000000".into()),
    };
    let xml =
        encode_response("GetCallerIdentity", STS, "c6104cbe-af31-11e0-8154-cbc7ccf896c7", &output).unwrap();
    assert_eq!(
        String::from_utf8(xml).unwrap(),
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::000000000000:user/admin</Arn><Account>000000000000</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
}

#[test]
fn every_kind_of_value_has_its_form() {
    let output = Everything {
        members: vec![CallerIdentity { arn: "<&>".into(), user_id: None, account: None }],
        names: vec![],
        map: [("k".into(), -1)].into(),
        is_truncated: false,
        count: 7,
        ratio: 0.5,
        created: Timestamp::from_unix_millis(1_700_000_000_000).unwrap(),
        precise: Timestamp::from_unix_millis(1_700_000_000_123),
        blob: Blob(b"hi".to_vec()),
        secret: SecretTextOut(SecretString::new("s".into())),
        choice: Choice::Text("t".into()),
        other: Choice::Fields { first: 'f' },
        unit: Choice::Unit,
    };
    assert_eq!(
        result(&output),
        "<XResult><Members><member><Arn>&lt;&amp;&gt;</Arn></member></Members><Names></Names>\
         <Map><entry><key>k</key><value>-1</value></entry></Map><IsTruncated>false</IsTruncated><Count>7</Count>\
         <Ratio>0.5</Ratio><Created>2023-11-14T22:13:20Z</Created><Precise>2023-11-14T22:13:20.123Z</Precise>\
         <Blob>aGk=</Blob><Secret>s</Secret><Choice><Text>t</Text></Choice>\
         <Other><Fields><first>f</first></Fields></Other><Unit>Unit</Unit></XResult>"
    );
}

#[test]
fn an_operation_without_output_has_no_result_element() {
    assert_eq!(result(&()), "");
}

#[test]
fn what_awss_shapes_do_not_know_is_an_error() {
    assert!(encode_response("X", "u", "r", &(1, 2)).is_err());
}

#[test]
fn an_error_has_awss_frame_and_is_escaped() {
    let xml = encode_error(STS, Fault::Sender, "ValidationError", "no <b> & \0 here", "r-1");
    assert_eq!(
        String::from_utf8(xml).unwrap(),
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>ValidationError</Code><Message>no &lt;b&gt; &amp; \u{fffd} here</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    let xml = encode_error(STS, Fault::Receiver, "InternalFailure", "", "r");
    assert!(String::from_utf8(xml).unwrap().contains("<Type>Receiver</Type>"));
}

proptest! {
    #[test]
    fn any_text_makes_an_answer_that_parses_to_the_same_text(text in any::<String>()) {
        let xml = encode_error(STS, Fault::Sender, "C", &text, "r");
        let xml = String::from_utf8(xml).unwrap();
        let mut reader = Reader::from_str(&xml);
        let (mut inside, mut message) = (false, String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => inside = tag.name().as_ref() == "Message",
                Event::End(_) => inside = false,
                Event::Text(part) if inside => message.push_str(part.as_ref()),
                Event::GeneralRef(name) if inside => {
                    let reference = format!("&{};", &*name);
                    message.push_str(&quick_xml::escape::unescape(&reference).unwrap());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        prop_assert_eq!(message.chars().count(), text.chars().count());
        let kept = message.chars().zip(text.chars()).all(|(got, sent)| got == sent || got == '\u{fffd}');
        prop_assert!(kept, "{:?} became {:?}", text, message);
    }
}

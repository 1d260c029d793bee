//! What is refused, with which of AWS's errors.

#![cfg(test)]

use keywright_crypto::SecretString;
use keywright_sigv4::{
    ContentHash, CredentialScope, Fault, Form, HttpRequest, Malformed, Requirement, SigV4Error, Signer,
    SigningKey, VerifyOptions, parse,
};
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const SCOPE: &str = "AKID/20260102/us-east-1/kms/aws4_request";
const SIGNATURE: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

#[test]
fn a_request_without_a_signature_misses_it() {
    let error = parse_headers(&[("host", "kms")]).unwrap_err();
    assert_eq!(error, SigV4Error::Missing);
    assert_eq!(error.fault(), Fault::MissingAuthenticationToken);
}

#[test]
fn what_the_authorization_header_lacks_is_named() {
    let error = parse_headers(&[("Authorization", "AWS4-HMAC-SHA256 ")]).unwrap_err();
    let all =
        vec![Requirement::Credential, Requirement::Signature, Requirement::SignedHeaders, Requirement::Date];
    assert_eq!(error, SigV4Error::IncompleteHeader(all));
    assert_eq!(error.fault(), Fault::IncompleteSignature);
    assert_eq!(
        error.public_message(),
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
         parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires \
         existence of either a 'X-Amz-Date' or a 'Date' header."
    );
}

#[test]
fn each_malformed_part_is_told_apart() {
    let with = |authorization: &str, date: &str| {
        parse_headers(&[("authorization", authorization), ("x-amz-date", date)]).unwrap_err()
    };
    let good = "20260102T030405Z";
    let form = |scope: &str, signed: &str, signature: &str| {
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}")
    };
    let upper = SIGNATURE.to_uppercase();
    let other_day = SCOPE.replace("0102", "0103");
    for (authorization, date, expected) in [
        (form("AKID", "host", SIGNATURE), good, Malformed::Credential),
        (form(SCOPE, "Host", SIGNATURE), good, Malformed::SignedHeaders),
        (form(SCOPE, "host", "ff"), good, Malformed::Signature),
        (form(SCOPE, "host", &upper), good, Malformed::Signature),
        (form(SCOPE, "host", SIGNATURE), "today", Malformed::Timestamp),
        (form(SCOPE, "host", SIGNATURE) + ", Signature=1", good, Malformed::Duplicate("Signature")),
        (form(SCOPE, "host", SIGNATURE) + ", Other=1", good, Malformed::Authorization),
    ] {
        assert_eq!(with(&authorization, date), SigV4Error::Malformed(expected), "{authorization}");
    }
    assert_eq!(with("Basic dXNlcg==", good), SigV4Error::UnsupportedAlgorithm);
    let error = with(&form(&other_day, "host", SIGNATURE), good);
    assert_eq!(error, SigV4Error::ScopeDate { scope: date!(2026 - 01 - 03), request: date!(2026 - 01 - 02) });
    assert_eq!(error.fault(), Fault::InvalidSignature);
}

#[test]
fn two_signatures_are_refused() {
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature={SIGNATURE}");
    let headers: [(&str, &[u8]); 2] =
        [("authorization", authorization.as_bytes()), ("x-amz-date", b"20260102T030405Z")];
    for query in ["X-Amz-Signature=1", "X%2dAmz-Credential=1", "a=b&X-Amz-Algorithm=x"] {
        let request = HttpRequest { method: "GET", path: "/", query, headers: &headers };
        assert_eq!(parse(&request).unwrap_err(), SigV4Error::BothForms, "{query}");
    }
    let twice = [("authorization", authorization.as_str()), ("Authorization", &authorization)];
    assert_eq!(parse_headers(&twice).unwrap_err(), Malformed::Duplicate("authorization").into());
}

#[test]
fn the_query_form_is_read_and_its_expiry_bounded() {
    let query = |expires: &str| {
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date=20260102T030405Z&X-Amz-Expires={expires}\
             &X-Amz-SignedHeaders=host&X-Amz-Security-Token=a%2Fb&X-Amz-Signature={SIGNATURE}",
            SCOPE.replace('/', "%2F")
        )
    };
    let presented = parse_query(&query("604800")).unwrap();
    assert_eq!(presented.form, Form::Query { expires: Duration::days(7) });
    assert_eq!(presented.session_token.as_deref(), Some("a/b"));
    assert_eq!(presented.content, ContentHash::Absent);
    assert!(!format!("{presented:?}").contains("a/b"), "the token is not shown");
    for wrong in ["0", "604801", "-1", "+1", "", "1e3", "99999999999999999999"] {
        assert_eq!(parse_query(&query(wrong)).unwrap_err(), Malformed::Expires.into(), "{wrong}");
    }
    let twice = query("60") + "&X-Amz-Expires=61";
    assert_eq!(parse_query(&twice).unwrap_err(), Malformed::Duplicate("X-Amz-Expires").into());
    let lacking =
        parse_query("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1&X-Amz-Expires=1").unwrap_err();
    let parts = vec![Requirement::Credential, Requirement::SignedHeaders, Requirement::Date];
    assert_eq!(lacking, SigV4Error::IncompleteQuery(parts));
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way_and_no_second_longer() {
    let verify_at = |now| Signed::new(&[]).verify(b"body", now);
    assert_eq!(verify_at(NOW + Duration::minutes(5)), Ok(()));
    assert_eq!(verify_at(NOW - Duration::minutes(5)), Ok(()));
    let late = verify_at(NOW + Duration::seconds(301)).unwrap_err();
    assert!(matches!(late, SigV4Error::Expired { .. }), "{late:?}");
    let early = verify_at(NOW - Duration::seconds(301)).unwrap_err();
    assert!(matches!(early, SigV4Error::NotYetCurrent { .. }), "{early:?}");
}

#[test]
fn a_presigned_request_is_good_until_it_expires() {
    let headers = [("host".to_owned(), "kms".to_owned())];
    let query = signer().presign("GET", "/", "Action=x", &headers, b"", Duration::seconds(90), NOW).unwrap();
    let view = HttpRequest { method: "GET", path: "/", query: &query, headers: &[("host", b"kms")] };
    let presented = parse(&view).unwrap();
    let verify_at = |now| presented.verify(&view, &key(), b"", now, VerifyOptions::default());
    assert_eq!(verify_at(NOW + Duration::seconds(90)), Ok(()));
    let error = verify_at(NOW + Duration::seconds(91)).unwrap_err();
    assert_eq!(
        error.public_message(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030536Z - 90 sec.)"
    );
    assert_eq!(
        presented.verify(&view, &key(), b"x", NOW, VerifyOptions::default()),
        Err(SigV4Error::Mismatch)
    );
}

#[test]
fn a_body_that_is_not_bound_is_refused() {
    let with = |value: &str| {
        let headers = [("host", "kms"), ("x-amz-date", "20260102T030405Z"), ("x-amz-content-sha256", value)];
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
             Signature={SIGNATURE}"
        );
        let mut headers: Vec<(&str, &[u8])> = headers.map(|(name, value)| (name, value.as_bytes())).to_vec();
        headers.push(("authorization", authorization.as_bytes()));
        let view = HttpRequest { method: "POST", path: "/", query: "", headers: &headers };
        parse(&view)?.verify(&view, &key(), b"body", NOW, VerifyOptions::default())
    };
    assert_eq!(with("UNSIGNED-PAYLOAD"), Err(SigV4Error::UnsignedPayload));
    assert_eq!(with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), Err(SigV4Error::StreamingPayload));
    assert_eq!(with(&keywright_crypto::sha256_hex(b"other")), Err(SigV4Error::PayloadMismatch));
    assert_eq!(with(&keywright_crypto::sha256_hex(b"body")), Err(SigV4Error::Mismatch));
    assert_eq!(with("hash"), Err(Malformed::ContentHash.into()));
}

#[test]
fn an_http_date_stands_in_for_the_amazon_date() {
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=date;host, Signature={SIGNATURE}");
    let presented = parse_headers(&[
        ("authorization", &authorization),
        ("date", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("host", "kms"),
    ]);
    assert_eq!(presented.unwrap().timestamp, NOW);
}

#[test]
fn an_amazon_header_added_on_the_way_is_refused() {
    let signed = Signed::new(&[("X-Amz-Target", "TrentService.Encrypt")]);
    assert_eq!(signed.verify(b"body", NOW), Ok(()));
    let mut tampered = Signed::new(&[]);
    tampered.headers.push(("x-amz-target".to_owned(), "TrentService.Decrypt".to_owned()));
    let expected = SigV4Error::HeaderNotSigned { name: "x-amz-target".to_owned() };
    assert_eq!(tampered.verify(b"body", NOW), Err(expected));
}

#[test]
fn a_signer_needs_a_host_and_a_derived_key_its_day() {
    let mut headers = Vec::new();
    assert_eq!(signer().sign("GET", "/", "", &mut headers, b"", NOW), Err(SigV4Error::HostNotSigned));
    let scope =
        CredentialScope { date: NOW.date(), region: "us-east-1".to_owned(), service: "kms".to_owned() };
    let derived = Signer::with_signing_key("AKID", key(), scope);
    let signed = |signer: &Signer, now| {
        let mut headers = vec![("host".to_owned(), "kms".to_owned())];
        signer.sign("GET", "/", "", &mut headers, b"", now).map(|()| headers)
    };
    assert_eq!(signed(&derived, NOW), signed(&signer(), NOW));
    let tomorrow = NOW + Duration::days(1);
    let expected = SigV4Error::KeyForOtherDay { key: NOW.date(), wanted: tomorrow.date() };
    assert_eq!(signed(&derived, tomorrow), Err(expected));
}

#[test]
fn a_signer_changes_its_key_with_the_day_and_leaves_out_what_proxies_change() {
    let signer = signer();
    for now in [NOW, NOW + Duration::days(1), NOW] {
        let mut headers = vec![
            ("Host".to_owned(), "kms".to_owned()),
            ("User-Agent".to_owned(), "test".to_owned()),
            ("Authorization".to_owned(), "old".to_owned()),
        ];
        signer.sign("GET", "/", "", &mut headers, b"", now).unwrap();
        headers[1].1.push_str(" via proxy");
        let view: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let view = HttpRequest { method: "GET", path: "/", query: "", headers: &view };
        let presented = parse(&view).unwrap();
        assert_eq!(presented.scope.date, now.date());
        let key = SigningKey::derive(&secret(), now.date(), "us-east-1", "kms");
        assert_eq!(presented.verify(&view, &key, b"", now, VerifyOptions::default()), Ok(()));
    }
}

/// A POST of `body`, signed at `NOW`.
struct Signed {
    headers: Vec<(String, String)>,
}

impl Signed {
    fn new(more: &[(&str, &str)]) -> Self {
        let all = [&[("host", "kms")], more].concat();
        let mut headers = all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        signer().sign("POST", "/", "", &mut headers, b"body", NOW).unwrap();
        Self { headers }
    }

    fn verify(&self, body: &[u8], now: OffsetDateTime) -> Result<(), SigV4Error> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let view = HttpRequest { method: "POST", path: "/", query: "", headers: &headers };
        parse(&view)?.verify(&view, &key(), body, now, VerifyOptions::default())
    }
}

fn secret() -> SecretString {
    SecretString::new("secret".to_owned())
}

fn signer() -> Signer {
    Signer::new("AKID", secret(), "us-east-1", "kms")
}

fn key() -> SigningKey {
    SigningKey::derive(&secret(), NOW.date(), "us-east-1", "kms")
}

fn parse_headers(headers: &[(&str, &str)]) -> Result<keywright_sigv4::Presented, SigV4Error> {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    parse(&HttpRequest { method: "POST", path: "/", query: "", headers: &headers })
}

fn parse_query(query: &str) -> Result<keywright_sigv4::Presented, SigV4Error> {
    parse(&HttpRequest { method: "GET", path: "/", query, headers: &[("host", b"kms")] })
}

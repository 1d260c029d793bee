//! The AWS Signature Version 4 test suite, header and query form: canonical request, string to sign, signature, and
//! verification of what was signed.

#![cfg(test)]

mod suite;

use keywright_crypto::sha256_hex;
use keywright_sigv4::{Presented, SigV4Error, SigningKey, VerifyOptions, parse};
use suite::{Case, Request, cases};

#[test]
fn the_header_form_is_signed_as_the_suite_expects() {
    for case in cases() {
        let mut request = case.request.clone();
        sign(&case, &mut request);
        let presented = request.view(parse).unwrap();
        check(&case, "header", &request, &presented);
        let theirs = Request::parse(&case.expected("header-signed-request.txt"));
        assert_eq!(authorization(&request), authorization(&theirs), "{}", case.name);
    }
}

#[test]
fn the_query_form_is_signed_as_the_suite_expects() {
    for case in cases() {
        let mut request = case.request.clone();
        request.query = presign(&case, &request);
        let presented = request.view(parse).unwrap();
        check(&case, "query", &request, &presented);
        if !case.omit_session_token {
            let theirs = Request::parse(&case.expected("query-signed-request.txt"));
            assert_eq!(request.query, theirs.query, "{}", case.name);
        }
    }
}

#[test]
fn the_suites_own_signed_requests_are_verified() {
    for case in cases() {
        for file in ["header-signed-request.txt", "query-signed-request.txt"] {
            let request = Request::parse(&case.expected(file));
            let presented = request.view(parse).unwrap();
            assert_eq!(presented.access_key_id, case.access_key_id, "{}", case.name);
            assert_eq!(presented.timestamp, case.at, "{}", case.name);
            assert_eq!(presented.session_token, case.token, "{}", case.name);
            assert_eq!(verify(&case, &request, &presented), Ok(()), "{} {file}", case.name);
        }
    }
}

#[test]
fn a_session_token_added_after_signing_is_refused_by_default() {
    let Some(case) = cases().into_iter().find(|case| case.omit_session_token) else { return };
    for (file, expected) in [
        (
            "header-signed-request.txt",
            SigV4Error::HeaderNotSigned { name: "x-amz-security-token".to_owned() },
        ),
        ("query-signed-request.txt", SigV4Error::Mismatch),
    ] {
        let request = Request::parse(&case.expected(file));
        let presented = request.view(parse).unwrap();
        let options = VerifyOptions { path_style: case.path_style(), session_token_unsigned: false };
        let verified =
            request.view(|view| presented.verify(view, &key(&case), &request.body, case.at, options));
        assert_eq!(verified, Err(expected));
    }
}

#[test]
fn any_change_to_a_signed_request_is_refused() {
    let mut refused = 0;
    for case in cases() {
        for file in ["header-signed-request.txt", "query-signed-request.txt"] {
            let request = Request::parse(&case.expected(file));
            for changed in changes(&request) {
                let accepted = changed.view(parse).and_then(|presented| verify(&case, &changed, &presented));
                assert!(
                    accepted.is_err(),
                    "{} {file}: {} {}?{} {:?}",
                    case.name,
                    changed.method,
                    changed.path,
                    changed.query,
                    changed.headers
                );
                refused += 1;
            }
        }
    }
    assert!(refused == 0 || refused > 38 * 2 * 64, "{refused}");
}

/// The request with one thing changed, for each thing: every digit of the signature, every signed header, the method,
/// the path, the query, the body, the date.
fn changes(request: &Request) -> Vec<Request> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Request)| {
        let mut changed = request.clone();
        change(&mut changed);
        all.push(changed);
    };
    for digit in 0..64 {
        with(&|changed| {
            let text = match changed.headers.iter_mut().find(|(name, _)| name == "Authorization") {
                Some((_, value)) => value,
                None => &mut changed.query,
            };
            let start = text.rfind("Signature=").unwrap() + "Signature=".len() + digit;
            let other = if &text[start..=start] == "0" { "1" } else { "0" };
            text.replace_range(start..=start, other);
        });
    }
    for index in 0..request.headers.len() {
        // The unsigned session token has its own test.
        let name = &request.headers[index].0;
        if name == "X-Amz-Security-Token" {
            continue;
        }
        with(&|changed| changed.headers[index].1.push('x'));
        with(&|changed| drop(changed.headers.remove(index)));
    }
    with(&|changed| changed.headers.push(("Host".to_owned(), "evil.example".to_owned())));
    with(&|changed| changed.headers.push(("X-Amz-Target".to_owned(), "TrentService.Decrypt".to_owned())));
    with(&|changed| changed.method = "PUT".to_owned());
    with(&|changed| changed.path.push('x'));
    with(&|changed| {
        let separator = if changed.query.is_empty() { "" } else { "&" };
        changed.query = format!("{}{separator}more=1", changed.query);
    });
    with(&|changed| changed.body.push(b'x'));
    for part in ["20150830T123600Z", "20150830/", "20150830%2F", "us-east-1", "AWS4-HMAC-SHA256", "/service"]
    {
        let other = match part {
            "20150830T123600Z" => "20150830T123601Z",
            "20150830/" => "20150831/",
            "20150830%2F" => "20150831%2F",
            "us-east-1" => "us-east-2",
            "AWS4-HMAC-SHA256" => "AWS4-HMAC-SHA512",
            _ => "/another",
        };
        let here = |text: &String| text.contains(part);
        if here(&request.query) || request.headers.iter().any(|(_, value)| here(value)) {
            with(&|changed| {
                changed.query = changed.query.replace(part, other);
                changed.headers.iter_mut().for_each(|(_, value)| *value = value.replace(part, other));
            });
        }
    }
    all
}

/// Compares every intermediate with the suite's.
fn check(case: &Case, form: &str, request: &Request, presented: &Presented) {
    let name = &case.name;
    let canonical =
        request.view(|view| presented.canonical_request(view, &request.body, options(case))).unwrap();
    let canonical = String::from_utf8(canonical).unwrap();
    assert_eq!(canonical, case.expected(&format!("{form}-canonical-request.txt")), "{name} {form}");
    let string_to_sign = format!(
        "AWS4-HMAC-SHA256\n20150830T123600Z\n{}\n{}",
        presented.scope,
        sha256_hex(canonical.as_bytes())
    );
    assert_eq!(string_to_sign, case.expected(&format!("{form}-string-to-sign.txt")), "{name} {form}");
    let signature = keywright_crypto::hex_lower(&presented.signature);
    assert_eq!(signature, case.expected(&format!("{form}-signature.txt")).trim(), "{name} {form}");
    assert_eq!(verify(case, request, presented), Ok(()), "{name} {form}");
}

fn verify(case: &Case, request: &Request, presented: &Presented) -> Result<(), SigV4Error> {
    request.view(|view| presented.verify(view, &key(case), &request.body, case.at, options(case)))
}

fn options(case: &Case) -> VerifyOptions {
    VerifyOptions { path_style: case.path_style(), session_token_unsigned: case.omit_session_token }
}

fn key(case: &Case) -> SigningKey {
    SigningKey::derive(&case.secret(), case.at.date(), &case.region, &case.service)
}

fn sign(case: &Case, request: &mut Request) {
    let signer = case.signer().content_header(case.sign_body);
    let Request { method, path, query, headers, body } = request;
    signer.sign(method, path, query, headers, body, case.at).unwrap();
    if let (true, Some(token)) = (case.omit_session_token, &case.token) {
        headers.push(("X-Amz-Security-Token".to_owned(), token.clone()));
    }
}

fn presign(case: &Case, request: &Request) -> String {
    let Request { method, path, query, headers, body } = request;
    case.signer().presign(method, path, query, headers, body, case.expires, case.at).unwrap()
}

fn authorization(request: &Request) -> String {
    let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    header.unwrap().1.clone()
}

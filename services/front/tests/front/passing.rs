//! What reaches the service is what the client sent.

use keywright_crypto::SecretString;
use keywright_service::origin::FRONT_TOKEN_HEADER;
use keywright_sigv4::{HttpRequest, SigningKey, VerifyOptions, parse};
use time::OffsetDateTime;

use crate::backend::{Backend, Received, front, front_with};
use crate::client::{SECRET, call, headers, json_headers, send, signed};

#[actix_web::test]
async fn method_path_query_headers_and_body_arrive_byte_for_byte() {
    let backend = Backend::start("sts");
    let front = front(&[("sts", &backend.url())]);
    let target = "/a/../b//c%2fd/%7E;x=1/?q='%27+%20&empty&k=a=b&q=2&u=%C3%A4";
    let sent = headers(&[
        ("host", "name.of.client:4566"),
        ("x-twice", "first"),
        ("x-twice", "second,  third"),
        ("user-agent", "aws-cli/2 md/x#1"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("content-length", "5"),
    ]);
    send(front.address(), "PUT", target, &sent, b"\0\xff\r\n.").await;

    let received = backend.only();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("PUT", target));
    assert_eq!(&received.body[..], b"\0\xff\r\n.");
    for (name, _) in &sent {
        let values = |of: &[(String, Vec<u8>)]| -> Vec<Vec<u8>> {
            of.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
        };
        let sent: Vec<_> = sent.iter().map(|(n, v)| (n.clone(), v.clone().into_bytes())).collect();
        assert_eq!(values(&received.headers), values(&sent), "{name}");
    }
}

#[actix_web::test]
async fn the_signature_still_holds_behind_the_front() {
    let backend = Backend::start("kms");
    let front = front(&[("sts", &backend.url()), ("kms.us-east-1", &backend.url())]);
    let (path, query, body) = ("/a%20b/", "b=2&a=1&a=%2F", br#"{"KeyId":"alias/app"}"#.as_slice());
    let mut sent = json_headers("TrentService.Encrypt");
    sent.push(("content-length".to_owned(), body.len().to_string()));
    let sent = signed(("kms", "us-east-1"), ("POST", path, query), sent, body);
    send(front.address(), "POST", &format!("{path}?{query}"), &sent, body).await;

    let received = backend.only();
    assert_eq!(verify(&received), Ok(()));
    let altered = Received { body: "{}".into(), ..received };
    assert_eq!(verify(&altered), Err(keywright_sigv4::SigV4Error::Mismatch));
}

fn verify(received: &Received) -> Result<(), keywright_sigv4::SigV4Error> {
    let (path, query) = received.target.split_once('?').unwrap();
    let headers: Vec<_> = received.headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    let request = HttpRequest { method: &received.method, path, query, headers: &headers };
    let presented = parse(&request)?;
    let scope = &presented.scope;
    let secret = SecretString::new(SECRET.to_owned());
    let key = SigningKey::derive(&secret, scope.date, &scope.region, &scope.service);
    presented.verify(&request, &key, &received.body, OffsetDateTime::now_utc(), VerifyOptions::default())
}

#[actix_web::test]
async fn the_service_learns_the_clients_address_from_a_front_it_can_believe() {
    let backend = Backend::start("sts");
    let dir = tempfile::tempdir().unwrap();
    let token_file = dir.path().join("front-token");
    std::fs::write(&token_file, "the-front-token\n").unwrap();
    let front = front_with(&[("sts", &backend.url())], |config| {
        config.service.front_token_file = Some(token_file);
    });
    let forged = headers(&[("host", "h"), ("x-forwarded-for", "6.6.6.6"), (FRONT_TOKEN_HEADER, "guess")]);
    send(front.address(), "POST", "/", &forged, b"").await;

    let received = backend.only();
    assert_eq!(received.header("x-forwarded-for"), Some("6.6.6.6, 127.0.0.1"));
    let tokens = received.headers.iter().filter(|(name, _)| name == FRONT_TOKEN_HEADER);
    assert_eq!(tokens.map(|(_, value)| value.as_slice()).collect::<Vec<_>>(), [b"the-front-token"]);
}

#[actix_web::test]
async fn the_answer_comes_back_as_it_was() {
    let backend = Backend::start("sts");
    let front = front(&[("sts", &backend.url())]);
    let answer = call(front.address(), "sts", "us-east-1").await;
    assert_eq!((answer.status, answer.body.as_str()), (409, "sts"));
    assert_eq!(answer.header("x-amzn-requestid"), Some("id-of-the-service"));
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(answer.header("content-length"), Some("3"));
    assert_eq!(answer.header("keep-alive"), None);

    let chunked = send(front.address(), "GET", "/chunked", &headers(&[("host", "h")]), b"").await;
    assert_eq!(chunked.status, 200);
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    let chunks = chunked.body.lines().filter(|line| ["one ", "two ", "three"].contains(line));
    assert_eq!(chunks.collect::<String>(), "one two three");
}

#[actix_web::test]
async fn a_body_over_the_limit_is_left_to_the_service_to_refuse() {
    let backend = Backend::start("sts");
    let front = front_with(&[("sts", &backend.url())], |config| config.service.body_limit_bytes = 1_000);
    for (length, reaches) in [(1_000, 1_000), (1_001, 1_001), (300_000, 1_001)] {
        let answer =
            send(front.address(), "POST", "/", &headers(&[("host", "h")]), &vec![b'x'; length]).await;
        assert_eq!(answer.body, "sts", "{length}");
        let received = backend.received().pop().unwrap();
        assert_eq!(received.body.len(), reaches);
        assert_eq!(received.header("content-length"), Some(reaches.to_string().as_str()));
    }
}

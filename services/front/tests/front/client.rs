//! A client that sends exactly the bytes it is given.

use std::net::SocketAddr;
use std::time::Duration;

use keywright_crypto::SecretString;
use keywright_sigv4::Signer;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "a-secret-of-this-test";

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    }
}

/// Sends one request and reads the answer to its end.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name == "content-length") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("a head that is read");
        // Of a body that is too large the end may not be read.
        _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        String::from_utf8(answer).expect("a text")
    };
    let answer =
        tokio::time::timeout(Duration::from_secs(20), exchange).await.expect("an answer in 20 seconds");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.unwrap_or_default(), head: head.to_owned(), body: body.to_owned() }
}

/// Headers of a request to the front, signed for a service and Region.
pub(crate) fn signed(
    scope: (&str, &str),
    (method, path, query): (&str, &str, &str),
    mut headers: Vec<(String, String)>,
    body: &[u8],
) -> Vec<(String, String)> {
    let (service, region) = scope;
    let signer = Signer::new(ACCESS_KEY, SecretString::new(SECRET.to_owned()), region, service);
    signer.sign(method, path, query, &mut headers, body, OffsetDateTime::now_utc()).expect("a signature");
    headers
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Headers of a call in JSON.
pub(crate) fn json_headers(target: &str) -> Vec<(String, String)> {
    headers(&[
        ("host", "localhost:4566"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target),
    ])
}

/// A JSON call that is signed for a service and Region.
pub(crate) async fn call(address: SocketAddr, service: &str, region: &str) -> Answer {
    let headers = signed((service, region), ("POST", "/", ""), json_headers("Any.Operation"), b"{}");
    send(address, "POST", "/", &headers, b"{}").await
}

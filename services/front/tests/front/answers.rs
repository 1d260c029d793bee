//! Where no service answers, and at the end.

use std::net::TcpListener;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::backend::{Backend, front, front_with};
use crate::client::{call, headers, send};

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[actix_web::test]
async fn a_service_that_is_down_is_unavailable() {
    let front = front(&[("sts", &nowhere())]);
    let json = call(front.address(), "sts", "us-east-1").await;
    assert_eq!(json.status, 503);
    assert!(json.body.contains(r#""__type":"ServiceUnavailableException""#), "{}", json.body);
    let xml = send(front.address(), "POST", "/", &headers(&[("host", "h")]), b"Action=X").await;
    assert_eq!(xml.status, 503);
    assert!(xml.body.contains("<Code>ServiceUnavailable</Code>"), "{}", xml.body);
    assert!(xml.body.contains("<Type>Receiver</Type>"), "{}", xml.body);
}

#[actix_web::test]
async fn a_service_that_does_not_answer_in_time_is_given_up() {
    let backend = Backend::start_closed("sts");
    let front = front_with(&[("sts", &backend.url())], |config| config.service.request_timeout_ms = 100);
    let answer = call(front.address(), "sts", "us-east-1").await;
    assert_eq!(answer.status, 504);
    assert!(answer.body.contains("ServiceUnavailableException"), "{}", answer.body);
    backend.open();
}

#[actix_web::test]
async fn a_restarted_service_is_found_again() {
    let backend = Backend::start("before");
    let front = front_with(&[("sts", &backend.url())], |config| config.service.workers = 1);
    for _ in 0..3 {
        assert_eq!(call(front.address(), "sts", "us-east-1").await.body, "before");
    }
    let address = backend.address;
    backend.stop().await;
    let _backend = Backend::start_at("after", address, Semaphore::MAX_PERMITS);
    for _ in 0..3 {
        assert_eq!(call(front.address(), "sts", "us-east-1").await.body, "after");
    }
}

#[actix_web::test]
async fn a_stop_waits_for_the_running_requests() {
    let backend = Backend::start_closed("sts");
    let front = front(&[("sts", &backend.url())]);
    let address = front.address();
    let asked = tokio::task::spawn_local(async move { call(address, "sts", "us-east-1").await });
    backend.wait_until_asked().await;
    let stopping = tokio::task::spawn_local(front.stop());
    backend.open();
    assert_eq!(asked.await.unwrap().body, "sts");
    tokio::time::timeout(Duration::from_secs(10), stopping).await.expect("an end").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");
}

#[actix_web::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let backend = Backend::start("sts");
    let front = front_with(&[("sts", &backend.url())], |config| config.service.drain_seconds = 60);
    let mut idle = TcpStream::connect(front.address()).await.unwrap();
    idle.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 409");
    let stopped = tokio::time::timeout(Duration::from_secs(10), front.stop()).await;
    assert!(stopped.is_ok(), "it still waits for the idle connection");
}

#[actix_web::test]
async fn the_probes_say_whether_every_service_is_reached() {
    let backend = Backend::start("sts");
    let all_up = front(&[("sts", &backend.url()), ("kms.us-east-1", &backend.url())]);
    let one_down = front(&[("sts", &backend.url()), ("kms.us-east-1", &nowhere())]);
    call(all_up.address(), "kms", "us-east-1").await;
    call(one_down.address(), "kms", "us-east-1").await;

    let host = headers(&[("host", "h")]);
    let ask = |address, path| send(address, "GET", path, &host, b"");
    assert_eq!(ask(all_up.ops_address(), "/healthz").await.status, 200);
    assert_eq!(ask(all_up.ops_address(), "/readyz").await.body, "ready\n");
    let not_ready = ask(one_down.ops_address(), "/readyz").await;
    assert_eq!(not_ready.status, 503);
    assert!(not_ready.body.starts_with("kms.us-east-1 does not take connections"), "{}", not_ready.body);
    let metrics = ask(all_up.ops_address(), "/metrics").await.body;
    for line in [
        r#"keywright_front_requests_total{route="kms.us-east-1",status="4xx"}"#,
        r#"keywright_front_requests_total{route="kms.us-east-1",status="5xx"}"#,
        r#"keywright_front_failures_total{reason="connect",route="kms.us-east-1"}"#,
        r#"keywright_front_request_duration_seconds_count{route="kms.us-east-1"}"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing:\n{metrics}");
    }
}

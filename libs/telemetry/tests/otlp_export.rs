//! Spans reach a collector over OTLP, those of `DEBUG` too, and only when an endpoint is configured.
#![cfg(test)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use keywright_telemetry::{LogFormat, Telemetry, TelemetryConfig, trace_context};

#[test]
fn a_finished_span_arrives_at_the_collector() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for connection in collector.incoming() {
            answer(connection.unwrap(), &sender);
        }
    });

    let guard = Telemetry::start(TelemetryConfig {
        service: "keywright-test",
        log_filter: "off",
        log_format: LogFormat::Text,
        otlp_endpoint: Some(endpoint),
    })
    .unwrap();
    assert!(guard.exports_spans());
    let traceparent = tracing::debug_span!(target: "keywright_test", "GenerateDataKey")
        .in_scope(trace_context::inject_current);
    assert!(traceparent.is_some(), "a request span is real when an endpoint is configured");
    tracing::debug_span!(target: "someone_else", "NotOurs").in_scope(|| ());
    drop(guard);

    let request = received.recv_timeout(Duration::from_secs(10)).expect("no export within 10 s");
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    assert!(request.contains("GenerateDataKey"), "the span's name is in the body");
    assert!(request.contains("keywright-test"), "the service's name is in the body");
    assert!(!request.contains("NotOurs"), "spans of libraries stay out");
}

struct Request {
    line: String,
    body: Vec<u8>,
}

impl Request {
    fn contains(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn answer(mut connection: TcpStream, sender: &Sender<Request>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    connection
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .unwrap();
    sender.send(Request { line: line.trim().to_owned(), body }).unwrap();
}

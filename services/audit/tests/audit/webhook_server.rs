//! A receiver of webhooks over real TLS, which keeps what it is sent and answers as it is told.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use keywright_audit::notifications::WebhookSection;
use keywright_crypto::HmacSha256Key;
use keywright_service::SigningKeys;
use keywright_service::testing::{TlsServer, TlsStream};
use serde_json::Value;
use tempfile::TempDir;

/// How the next request is answered; when there is nothing more to say, with 200.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// Only after a while.
    Late(Duration),
    /// The connection ends.
    Hangup,
}

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct WebhookServer {
    server: TlsServer,
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<Vec<Answer>>>,
    dir: TempDir,
}

const KEY: [u8; 32] = [7; 32];

impl WebhookServer {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), format!("whsec_{}\n", BASE64.encode(KEY))).unwrap();
        let (received, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (into, next) = (Arc::clone(&received), Arc::clone(&answers));
        let server = TlsServer::start("localhost", &dir.path().join("ca.pem"), move |mut stream| {
            while let Some(request) = read(&mut stream)? {
                into.lock().unwrap().push(request);
                let answer = next.lock().unwrap().pop().unwrap_or(Answer::Status(200));
                let status = match answer {
                    Answer::Status(status) => status,
                    Answer::Late(pause) => {
                        std::thread::sleep(pause);
                        200
                    }
                    Answer::Hangup => return Ok(()),
                };
                let headers = "location: https://localhost/elsewhere\r\ncontent-length: 0\r\n\r\n";
                write!(stream.get_mut(), "HTTP/1.1 {status} Any\r\n{headers}")?;
                stream.get_mut().flush()?;
            }
            Ok(())
        });
        Self { server, received, answers, dir }
    }

    /// The settings of a webhook that is here.
    pub(crate) fn section(&self, name: &str) -> WebhookSection {
        WebhookSection {
            name: name.to_owned(),
            url: format!("https://localhost:{}/hook?token=hunter2", self.server.address().port()),
            hmac_key_files: vec![self.key_file()],
            ca_file: Some(self.dir.path().join("ca.pem")),
            sources: Vec::new(),
            detail_types: Vec::new(),
            time_limit_ms: 2_000,
        }
    }

    fn key_file(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// Answers the next requests so, in this order.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        *self.answers.lock().unwrap() = answers;
    }

    /// What came, each with a signature as a receiver checks it.
    pub(crate) fn received(&self) -> Vec<Received> {
        let received = self.received.lock().unwrap().clone();
        for request in &received {
            let mut signed = format!("{}.{}.", request.id, request.timestamp).into_bytes();
            signed.extend(&request.body);
            let signature = BASE64.encode(HmacSha256Key::new(&KEY).sign(&signed));
            assert_eq!(request.signature, format!("v1,{signature}"));
            assert_eq!(request.json()["id"], request.id.as_str());
        }
        assert!(SigningKeys::read(&[self.key_file()]).is_ok());
        received
    }
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request, unless the connection has ended.
fn read(stream: &mut TlsStream) -> std::io::Result<Option<Received>> {
    let mut request =
        Received { id: String::new(), timestamp: 0, signature: String::new(), body: Vec::new() };
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    assert_eq!(first.trim_end(), "POST /hook?token=hunter2 HTTP/1.1");
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => request.id = value.to_owned(),
            "webhook-timestamp" => request.timestamp = value.parse().unwrap(),
            "webhook-signature" => request.signature = value.to_owned(),
            "content-length" => request.body = vec![0; value.parse().unwrap()],
            "content-type" => assert_eq!(value, "application/json"),
            _ => {}
        }
    }
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}

//! An external key store proxy for tests: over TLS, with a signature check of its own, and with faults on demand.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{Aes256Gcm, HmacSha256Key, Key256, hex_lower, sha256, sha256_hex};
use keywright_service::testing::{TlsServer, TlsStream};
use serde_json::{Value, json};

/// What the proxy does to a request instead of serving it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Answers with this status and body.
    Answers(u16, String),
    /// Answers after a while.
    Waits(Duration),
    /// Changes a member of a right answer; a null takes it away.
    Changes(&'static str, Value),
    /// Ends the connection.
    HangsUp,
}

/// A proxy that runs until it is dropped.
pub(crate) struct XksTestProxy {
    shared: Arc<Shared>,
    server: TlsServer,
    ca_file: PathBuf,
}

struct Shared {
    fault: Mutex<Fault>,
    requests: Mutex<Vec<(String, Value)>>,
    secrets: Mutex<HashMap<String, String>>,
}

pub(crate) const HOST: &str = "xks.example.com";
pub(crate) const PATH: &str = "/tenant-1/kms/xks/v1";
pub(crate) const ACCESS_KEY: &str = "ABCDEFGHIJ234567KLMN";

/// The secret of [`ACCESS_KEY`].
pub(crate) fn secret() -> String {
    "s3cretS3cret/+".repeat(4)
}

impl XksTestProxy {
    /// A proxy with keys `key-1` and up, whose authority's certificate is left in `dir`.
    pub(crate) fn start(dir: &Path) -> Self {
        let ca_file = dir.join(format!("xks-ca-{}.pem", uuid::Uuid::new_v4()));
        let shared = Arc::new(Shared {
            fault: Mutex::new(Fault::None),
            requests: Mutex::default(),
            secrets: Mutex::new(HashMap::from([(ACCESS_KEY.to_owned(), secret())])),
        });
        let serving = Arc::clone(&shared);
        let server = TlsServer::start(HOST, &ca_file, move |stream| serve(stream, &serving));
        Self { shared, server, ca_file }
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Accepts another access key, too.
    pub(crate) fn accept(&self, access_key: &str, secret: &str) {
        self.shared.secrets.lock().unwrap().insert(access_key.to_owned(), secret.to_owned());
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.ca_file.clone()
    }

    pub(crate) fn resolve(&self) -> BTreeMap<String, SocketAddr> {
        BTreeMap::from([(HOST.to_owned(), self.server.address())])
    }

    /// The requests to a path that ends so, with their bodies.
    pub(crate) fn requests(&self, end: &str) -> Vec<Value> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().filter(|(path, _)| path.ends_with(end)).map(|(_, body)| body.clone()).collect()
    }
}

fn serve(mut stream: TlsStream, shared: &Shared) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let fault = shared.fault.lock().unwrap().clone();
        let (status, mut answer) = match verify(shared, &method, &path, &headers, &body) {
            Ok(()) => {
                let body: Value = serde_json::from_slice(&body).unwrap();
                shared.requests.lock().unwrap().push((path.clone(), body.clone()));
                route(&path, &body)
            }
            Err(reason) => error(401, "AuthenticationFailedException", reason),
        };
        let (status, text) = match fault {
            Fault::None => (status, answer.to_string()),
            Fault::Answers(status, text) => (status, text),
            Fault::HangsUp => return Ok(()),
            Fault::Waits(duration) => {
                std::thread::sleep(duration);
                (status, answer.to_string())
            }
            Fault::Changes(member, value) => {
                let members = answer.as_object_mut().unwrap();
                if value.is_null() {
                    members.remove(member)
                } else {
                    members.insert(member.to_owned(), value)
                };
                (status, answer.to_string())
            }
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        let stream = stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(text.as_bytes())?;
        stream.flush()?;
    }
}

/// Signature Version 4 by the book, without the library that signed.
fn verify(
    shared: &Shared,
    method: &str,
    path: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<(), &'static str> {
    let authorization = headers.get("authorization").ok_or("unsigned")?;
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=").ok_or("another scheme")?;
    let (credential, rest) = rest.split_once(", SignedHeaders=").ok_or("no signed headers")?;
    let (signed, signature) = rest.split_once(", Signature=").ok_or("no signature")?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key, date, region, service, terminator] = parts[..] else { return Err("the scope") };
    if (service, terminator, region) != ("kms-xks-proxy", "aws4_request", "us-east-1") {
        return Err("the scope");
    }
    if method != "POST" || signed != "host;x-amz-date" || headers.get("host").is_none_or(|host| host != HOST)
    {
        return Err("the signed headers");
    }
    let time = &headers["x-amz-date"];
    let canonical =
        format!("POST\n{path}\n\nhost:{HOST}\nx-amz-date:{time}\n\n{signed}\n{}", sha256_hex(body));
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{time}\n{date}/{region}/{service}/{terminator}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let secret = shared.secrets.lock().unwrap().get(access_key).cloned().ok_or("an unknown access key")?;
    let key =
        [date, region, service, terminator].iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            HmacSha256Key::new(&key).sign(part.as_bytes()).to_vec()
        });
    let expected = hex_lower(&HmacSha256Key::new(&key).sign(to_sign.as_bytes()));
    if expected == signature { Ok(()) } else { Err("the signature") }
}

fn route(path: &str, body: &Value) -> (u16, Value) {
    let Some(below) = path.strip_prefix(PATH) else {
        return error(404, "InvalidUriPathException", "");
    };
    if below == "/health" {
        return (200, health("ACTIVE"));
    }
    let Some((key, operation)) = below.strip_prefix("/keys/").and_then(|rest| rest.split_once('/')) else {
        return error(404, "InvalidUriPathException", "");
    };
    if key.starts_with("none") {
        return error(404, "KeyNotFoundException", "");
    }
    match operation {
        "metadata" => (200, metadata(key)),
        "encrypt" => (200, encrypt(key, body)),
        "decrypt" => decrypt(key, body),
        _ => error(404, "InvalidUriPathException", ""),
    }
}

pub(crate) fn health(status: &str) -> Value {
    json!({
        "xksProxyFleetSize": 1,
        "xksProxyVendor": "test",
        "xksProxyModel": "test 1.0",
        "ekmVendor": "test",
        "ekmFleetDetails": [{ "id": "hsm-1", "model": "test", "healthStatus": status }],
    })
}

fn metadata(key: &str) -> Value {
    let usage =
        if key.starts_with("sealing") { json!(["ENCRYPT"]) } else { json!(["ENCRYPT", "DECRYPT", "SIGN"]) };
    json!({
        "keySpec": if key.starts_with("rsa") { "RSA_2048" } else { "AES_256" },
        "keyUsage": usage,
        "keyStatus": if key.starts_with("disabled") { "DISABLED" } else { "ENABLED" },
    })
}

fn bytes(body: &Value, member: &str) -> Vec<u8> {
    STANDARD.decode(body[member].as_str().unwrap()).unwrap()
}

fn cipher(key: &str) -> Aes256Gcm {
    Aes256Gcm::new(&Key256::from_bytes(sha256(key.as_bytes())))
}

/// The associated data that the specification recommends: both parts behind their lengths.
fn bound(aad: &[u8]) -> Vec<u8> {
    let length = u16::try_from(aad.len()).unwrap().to_be_bytes();
    [&length[..], aad, &[u8::try_from(METADATA.len()).unwrap()], METADATA].concat()
}

fn encrypt(key: &str, body: &Value) -> Value {
    assert_eq!(
        (&body["encryptionAlgorithm"], &body["ciphertextDataIntegrityValueAlgorithm"]),
        (&json!("AES_GCM"), &json!("SHA_256"))
    );
    let (aad, plaintext) = (bytes(body, "additionalAuthenticatedData"), bytes(body, "plaintext"));
    let iv: [u8; 12] = uuid::Uuid::new_v4().as_bytes()[..12].try_into().unwrap();
    let mut sealed = Vec::new();
    cipher(key).seal(iv, &bound(&aad), &plaintext, &mut sealed).unwrap();
    let (ciphertext, tag) = sealed.split_at(plaintext.len());
    let integrity = sha256(&[&aad[..], METADATA, &iv, ciphertext, tag].concat());
    json!({
        "ciphertext": STANDARD.encode(ciphertext),
        "ciphertextMetadata": STANDARD.encode(METADATA),
        "initializationVector": STANDARD.encode(iv),
        "authenticationTag": STANDARD.encode(tag),
        "ciphertextDataIntegrityValue": STANDARD.encode(integrity),
    })
}

fn decrypt(key: &str, body: &Value) -> (u16, Value) {
    assert_eq!(bytes(body, "ciphertextMetadata"), METADATA);
    let aad = bytes(body, "additionalAuthenticatedData");
    let iv = bytes(body, "initializationVector").try_into().unwrap();
    let sealed = [bytes(body, "ciphertext"), bytes(body, "authenticationTag")].concat();
    match cipher(key).open(iv, &bound(&aad), &sealed) {
        Ok(plaintext) => (200, json!({ "plaintext": STANDARD.encode(plaintext.expose_secret()) })),
        Err(_) => error(400, "InvalidCiphertextException", ""),
    }
}

fn error(status: u16, name: &str, message: &str) -> (u16, Value) {
    (status, json!({ "errorName": name, "errorMessage": message }))
}

const METADATA: &[u8] = b"key_version=1";

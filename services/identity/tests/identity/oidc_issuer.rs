//! An OpenID Connect issuer for tests: over TLS, under an authority of its own, with faults on demand.

use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_crypto::{KeyPairSpec, Message, PrivateKey, SignatureAlgorithm, SystemRandom};
use keywright_service::testing::{TlsServer, TlsStream};
use serde_json::{Value, json};

/// The issuer's URL without its scheme.
pub(crate) const URL: &str = "oidc.example.com/id/cluster";
pub(crate) const HOST: &str = "oidc.example.com";

/// An issuer that runs until it is dropped.
pub(crate) struct Issuer {
    shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
    pub(crate) ca_file: PathBuf,
    _server: TlsServer,
}

struct Shared {
    keys: Mutex<Vec<Value>>,
    /// What is answered instead: status, body, and where to go.
    fault: Mutex<Option<(u16, String, &'static str)>>,
    issuer: Mutex<String>,
    requests: AtomicUsize,
}

/// A key of the issuer.
pub(crate) struct IssuerKey {
    pub(crate) id: &'static str,
    pub(crate) algorithm: &'static str,
    key: PrivateKey,
}

impl Issuer {
    pub(crate) fn start(dir: &Path) -> Self {
        let ca_file = dir.join("oidc-ca.pem");
        let shared = Arc::new(Shared {
            keys: Mutex::default(),
            fault: Mutex::default(),
            issuer: Mutex::new(format!("https://{URL}")),
            requests: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        let server = TlsServer::start(HOST, &ca_file, move |stream| serve(stream, &serving));
        Self { shared, address: server.address(), ca_file, _server: server }
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&self, keys: &[&IssuerKey]) {
        *self.shared.keys.lock().unwrap() = keys.iter().map(|key| key.jwk()).collect();
    }

    pub(crate) fn publish_raw(&self, keys: Vec<Value>) {
        *self.shared.keys.lock().unwrap() = keys;
    }

    /// Answers everything with this status and body, and a `location`.
    pub(crate) fn answer(&self, fault: Option<(u16, String, &'static str)>) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Says that it is this one.
    pub(crate) fn claim_to_be(&self, issuer: &str) {
        *self.shared.issuer.lock().unwrap() = issuer.to_owned();
    }

    /// How often it was asked for its discovery document.
    pub(crate) fn asked(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TlsStream, shared: &Shared) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split_whitespace().nth(1).unwrap().to_owned();
        while stream.read_line(&mut line)? > 2 {}
        let (status, body, location) = match (shared.fault.lock().unwrap().clone(), path.as_str()) {
            (Some(fault), _) => fault,
            (None, "/id/cluster/.well-known/openid-configuration") => {
                shared.requests.fetch_add(1, Ordering::SeqCst);
                let issuer = shared.issuer.lock().unwrap().clone();
                let keys = format!("https://{HOST}/id/cluster/keys");
                (200, json!({ "issuer": issuer, "jwks_uri": keys }).to_string(), "")
            }
            (None, "/id/cluster/keys") => {
                (200, json!({ "keys": *shared.keys.lock().unwrap() }).to_string(), "")
            }
            (None, other) => (404, other.to_owned(), ""),
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nlocation: {location}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        stream.flush()?;
    }
}

impl IssuerKey {
    /// A new key for an algorithm of tokens.
    pub(crate) fn new(id: &'static str, algorithm: &'static str) -> Self {
        let spec = match algorithm {
            "ES256" => KeyPairSpec::NistP256,
            "ES384" => KeyPairSpec::NistP384,
            "ES512" => KeyPairSpec::NistP521,
            "EdDSA" => KeyPairSpec::Ed25519,
            _ => KeyPairSpec::Rsa2048,
        };
        Self { id, algorithm, key: PrivateKey::generate(spec, &SystemRandom).unwrap() }
    }

    /// As it is published.
    pub(crate) fn jwk(&self) -> Value {
        let spki = self.key.public_key().spki().to_vec();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve: &str, length: usize| {
            let (xy, from) = (&spki[spki.len() - 2 * length..], length);
            json!({ "kty": "EC", "crv": curve, "x": encode(&xy[..from]), "y": encode(&xy[from..]) })
        };
        let mut jwk = match self.algorithm {
            "ES256" => point("P-256", 32),
            "ES384" => point("P-384", 48),
            "ES512" => point("P-521", 66),
            "EdDSA" => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&spki[spki.len() - 32..]) }),
            // The modulus stands before the exponent's five bytes.
            _ => json!({ "kty": "RSA", "n": encode(&spki[spki.len() - 261..spki.len() - 5]), "e": "AQAB" }),
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// A token of these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": self.algorithm, "kid": self.id, "typ": "JWT" }), claims)
    }

    /// A token with another header, signed by this key in its own way.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let (algorithm, coordinate) = match self.algorithm {
            "RS256" => (SignatureAlgorithm::RsaPkcs1Sha256, None),
            "RS384" => (SignatureAlgorithm::RsaPkcs1Sha384, None),
            "RS512" => (SignatureAlgorithm::RsaPkcs1Sha512, None),
            "PS256" => (SignatureAlgorithm::RsaPssSha256, None),
            "PS384" => (SignatureAlgorithm::RsaPssSha384, None),
            "PS512" => (SignatureAlgorithm::RsaPssSha512, None),
            "ES256" => (SignatureAlgorithm::EcdsaSha256, Some(32)),
            "ES384" => (SignatureAlgorithm::EcdsaSha384, Some(48)),
            "ES512" => (SignatureAlgorithm::EcdsaSha512, Some(66)),
            "EdDSA" => (SignatureAlgorithm::Ed25519Sha512, None),
            other => panic!("no such algorithm: {other}"),
        };
        let signature = self.key.sign(algorithm, Message::Raw(signed.as_bytes())).unwrap();
        let signature = match coordinate {
            None => signature,
            Some(length) => side_by_side(&signature, length),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The two numbers of a DER signature, at full length.
fn side_by_side(der: &[u8], length: usize) -> Vec<u8> {
    let mut rest = if der[1] < 0x80 { &der[2..] } else { &der[3..] };
    let mut both = Vec::new();
    for _ in 0..2 {
        let number = &rest[2..2 + usize::from(rest[1])];
        rest = &rest[2 + usize::from(rest[1])..];
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        both.extend(std::iter::repeat_n(0, length - number.len()));
        both.extend(number);
    }
    both
}

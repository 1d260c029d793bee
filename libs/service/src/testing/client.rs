//! A client that signs as a test's principal.

use std::net::SocketAddr;
use std::time::Duration;

use keywright_aws_api::FORWARD_TOKEN_HEADER;
use keywright_crypto::SecretString;
use keywright_sigv4::Signer;
use serde_json::Value;
use time::OffsetDateTime;

use super::{REGION, TestCredentials};
use crate::client::http_client;

/// Calls one JSON API as one principal.
#[derive(Clone)]
pub struct TestClient {
    http: reqwest::Client,
    address: SocketAddr,
    access_key_id: String,
    secret: String,
    region: String,
    signing_name: String,
    target_prefix: String,
    forward_token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The decoded body; null when it is no JSON.
    pub body: Value,
    /// The body as it was.
    pub text: String,
    /// `x-amzn-requestid`.
    pub request_id: String,
}

impl Answer {
    /// The error's code, or nothing for a success.
    #[must_use]
    pub fn error(&self) -> &str {
        if self.status == 200 { "" } else { self.text_of("__type").unwrap_or("(none)") }
    }

    /// The error's text, or nothing.
    #[must_use]
    pub fn message(&self) -> &str {
        self.text_of("message").unwrap_or_default()
    }

    fn text_of(&self, member: &str) -> Option<&str> {
        self.body.get(member)?.as_str()
    }

    /// The body of a success.
    ///
    /// # Panics
    /// When the call failed.
    #[expect(clippy::must_use_candidate, reason = "it is also called for its assertion alone")]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.body
    }
}

impl TestClient {
    /// A client for the API at `address`, as the owner of `access_key_id` in [`TestCredentials`].
    ///
    /// # Panics
    /// When no HTTP client can be made.
    #[must_use]
    pub fn new(address: SocketAddr, access_key_id: &str, signing_name: &str, target_prefix: &str) -> Self {
        Self {
            http: http_client(Duration::from_secs(30)).expect("an HTTP client"),
            address,
            access_key_id: access_key_id.to_owned(),
            secret: TestCredentials::secret_of(access_key_id),
            region: REGION.to_owned(),
            signing_name: signing_name.to_owned(),
            target_prefix: target_prefix.to_owned(),
            forward_token: None,
        }
    }

    /// The same client with another access key.
    #[must_use]
    pub fn with_key(&self, access_key_id: &str) -> Self {
        let secret = TestCredentials::secret_of(access_key_id);
        Self { access_key_id: access_key_id.to_owned(), secret, ..self.clone() }
    }

    /// The same client with another secret.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    /// The same client signing for another Region.
    #[must_use]
    pub fn with_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The same client acting for another principal by its forward token.
    #[must_use]
    pub fn on_behalf_of(&self, access_key_id: &str) -> Self {
        Self { forward_token: Some(format!("forward-{access_key_id}")), ..self.clone() }
    }

    /// Calls an operation.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call(&self, operation: &str, input: Value) -> Answer {
        self.call_raw(operation, input.to_string().into_bytes()).await
    }

    /// Calls an operation with whatever body.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_raw(&self, operation: &str, body: Vec<u8>) -> Answer {
        let mut headers = self.headers(operation);
        let secret = SecretString::new(self.secret.clone());
        let signer =
            Signer::new(self.access_key_id.clone(), secret, self.region.clone(), self.signing_name.clone());
        signer.sign("POST", "/", "", &mut headers, &body, OffsetDateTime::now_utc()).expect("a signature");
        self.send(headers, body).await
    }

    /// Calls an operation without a signature.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_unsigned(&self, operation: &str, input: Value) -> Answer {
        self.send(self.headers(operation), input.to_string().into_bytes()).await
    }

    /// Calls an operation of a Query API; the body of the answer is XML, in [`Answer::text`].
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_query(&self, form: &str, signed: bool) -> Answer {
        let mut headers = vec![
            ("host".to_owned(), self.address.to_string()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        let body = form.as_bytes().to_vec();
        if signed {
            let secret = SecretString::new(self.secret.clone());
            let signer = Signer::new(
                self.access_key_id.clone(),
                secret,
                self.region.clone(),
                self.signing_name.clone(),
            );
            signer
                .sign("POST", "/", "", &mut headers, &body, OffsetDateTime::now_utc())
                .expect("a signature");
        }
        self.send(headers, body).await
    }

    fn headers(&self, operation: &str) -> Vec<(String, String)> {
        let mut headers = vec![
            ("host".to_owned(), self.address.to_string()),
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("{}.{operation}", self.target_prefix)),
        ];
        if let Some(token) = &self.forward_token {
            headers.push((FORWARD_TOKEN_HEADER.to_owned(), token.clone()));
        }
        headers
    }

    async fn send(&self, headers: Vec<(String, String)>, body: Vec<u8>) -> Answer {
        let mut request = self.http.post(format!("http://{}/", self.address)).body(body);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let header = answer.headers().get("x-amzn-requestid").and_then(|value| value.to_str().ok());
        let request_id = header.unwrap_or_default().to_owned();
        let text = answer.text().await.expect("a body");
        Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), text, request_id }
    }
}

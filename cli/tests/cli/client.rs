//! Signed calls to a stack.

use std::collections::BTreeMap;

use keywright_crypto::SecretString;
use keywright_service::client::http_client;
use keywright_sigv4::Signer;
use std::time::Duration;
use time::OffsetDateTime;

/// A client of one stack.
pub(crate) struct Client {
    exports: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(exports: &BTreeMap<String, String>) -> Self {
        let http = http_client(Duration::from_secs(30)).expect("an HTTP client");
        Self { exports: exports.clone(), http }
    }

    /// The answer's XML to GetCallerIdentity.
    pub(crate) async fn caller_identity(&self) -> String {
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        self.call("sts", "us-east-1", headers, "Action=GetCallerIdentity&Version=2011-06-15").await
    }

    /// The answer's JSON to an operation of KMS.
    pub(crate) async fn kms(
        &self,
        region: &str,
        operation: &str,
        input: serde_json::Value,
    ) -> serde_json::Value {
        self.json("kms", region, &format!("TrentService.{operation}"), input).await
    }

    /// The answer's JSON.
    pub(crate) async fn json(
        &self,
        service: &str,
        region: &str,
        target: &str,
        input: serde_json::Value,
    ) -> serde_json::Value {
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), target.to_owned()),
        ];
        let answer = self.call(service, region, headers, &input.to_string()).await;
        serde_json::from_str(&answer).expect("JSON")
    }

    async fn call(
        &self,
        service: &str,
        region: &str,
        mut headers: Vec<(String, String)>,
        body: &str,
    ) -> String {
        let endpoint = &self.exports["AWS_ENDPOINT_URL"];
        headers.push(("host".to_owned(), endpoint.trim_start_matches("http://").to_owned()));
        let secret = SecretString::new(self.exports["AWS_SECRET_ACCESS_KEY"].clone());
        let signer = Signer::new(&self.exports["AWS_ACCESS_KEY_ID"], secret, region, service);
        let now = OffsetDateTime::now_utc();
        signer.sign("POST", "/", "", &mut headers, body.as_bytes(), now).expect("a signature");
        let mut request = self.http.post(format!("{endpoint}/")).body(body.to_owned());
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert_eq!(status, 200, "{service} {region}: {text}");
        text
    }
}

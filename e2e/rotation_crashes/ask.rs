//! Signed requests of which failures are answers like others.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use keywright_crypto::SecretString;
use keywright_e2e::load::Connection;
use keywright_e2e::stack::Credentials;
use keywright_sigv4::Signer;
use serde_json::Value;
use time::OffsetDateTime;

/// Where, as whom, and for which service is asked.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) credentials: Credentials,
    pub(crate) service: &'static str,
}

impl Client {
    /// Calls an operation of Secrets Manager: status and body.
    pub(crate) async fn call(&self, operation: &str, input: &Value) -> Result<(u16, Value)> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("secretsmanager.{operation}")),
        ];
        let (status, body) = self.post(&headers, input.to_string()).await?;
        Ok((status, serde_json::from_str(&body).unwrap_or_default()))
    }

    /// The same for what must succeed.
    pub(crate) async fn done(&self, operation: &str, input: Value) -> Result<Value> {
        let (status, body) = self.call(operation, &input).await?;
        anyhow::ensure!(status == 200, "{operation}: {status} {body}");
        Ok(body)
    }

    /// Sends a form, which must succeed.
    pub(crate) async fn form(&self, form: &str) -> Result<String> {
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let (status, body) = self.post(&headers, form.to_owned()).await?;
        anyhow::ensure!(status == 200, "{status} {body}");
        Ok(body)
    }

    async fn post(&self, headers: &[(&str, String)], body: String) -> Result<(u16, String)> {
        let given = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut headers: Vec<_> =
            [("host".to_owned(), self.address.to_string())].into_iter().chain(given).collect();
        let Credentials { access_key_id, secret_access_key, region, .. } = &self.credentials;
        let secret = SecretString::new(secret_access_key.clone());
        let signer = Signer::new(access_key_id.clone(), secret, region.clone(), self.service);
        signer.sign("POST", "/", "", &mut headers, body.as_bytes(), OffsetDateTime::now_utc())?;
        let mut request = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in &headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        let asked = async {
            let mut connection = Connection::open(self.address).await?;
            let answer = connection.ask(request.as_bytes()).await?;
            anyhow::Ok((answer.status(), String::from_utf8_lossy(answer.body()).into_owned()))
        };
        tokio::time::timeout(LIMIT, asked).await.context("no answer in time")?
    }
}

const LIMIT: Duration = Duration::from_secs(15);

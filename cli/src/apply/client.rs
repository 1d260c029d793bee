//! Signed calls of the public APIs.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Clock as _, Region, SystemClock};
use keywright_crypto::SecretString;
use keywright_service::client::http_client;
use keywright_sigv4::Signer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::error::ApplyError;
use crate::xml::Texts;

/// By whom calls are signed.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: Option<SecretString>,
}

/// A client of one installation, as one principal.
#[derive(Clone)]
pub(crate) struct ApiClient(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    endpoint: String,
    host: String,
    region: Region,
    credentials: Credentials,
}

/// A JSON API: its name in the credential scope, and its prefix in `x-amz-target`.
#[derive(Clone, Copy)]
pub(super) struct JsonApi {
    pub(super) signing_name: &'static str,
    pub(super) prefix: &'static str,
}

/// KMS.
pub(super) const KMS: JsonApi = JsonApi { signing_name: "kms", prefix: "TrentService" };
/// Parameter Store.
pub(super) const SSM: JsonApi = JsonApi { signing_name: "ssm", prefix: "AmazonSSM" };
/// What an operator does to accounts.
pub(super) const ADMIN: JsonApi = JsonApi {
    signing_name: keywright_service::identity::ADMIN_SIGNING_NAME,
    prefix: keywright_service::identity::ADMIN_TARGET_PREFIX,
};

impl ApiClient {
    /// A client of the front, or of one service, at this URL.
    pub(crate) fn new(endpoint: &str, region: Region, credentials: Credentials) -> Result<Self, ApplyError> {
        let http = http_client(TIME_LIMIT).map_err(ApplyError::Unreachable)?;
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default().to_owned();
        Ok(Self(Arc::new(Inner { http, endpoint, host, region, credentials })))
    }

    /// The account of the principal, and the installation's partition.
    pub(super) async fn account(&self) -> Result<(String, String), ApplyError> {
        let answer = self.query(Query::Sts, "GetCallerIdentity", &[]).await?;
        let partition = answer.first("Arn").and_then(|arn| arn.split(':').nth(1));
        let (account, partition) =
            answer.first("Account").zip(partition).ok_or_else(|| misunderstood("GetCallerIdentity"))?;
        Ok((account.to_owned(), partition.to_owned()))
    }

    /// The same client, by the role that each account has for the first one's principals.
    pub(super) async fn in_account(&self, account: &str, partition: &str) -> Result<Self, ApplyError> {
        let role = format!("arn:{partition}:iam::{account}:role/{ACCESS_ROLE}");
        let input = [("RoleArn", role.as_str()), ("RoleSessionName", "keywright-apply")];
        let answer = self.query(Query::Sts, "AssumeRole", &input).await?;
        let text = |name| answer.first(name).map(str::to_owned).ok_or_else(|| misunderstood("AssumeRole"));
        let credentials = Credentials {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: SecretString::new(text("SecretAccessKey")?),
            session_token: Some(SecretString::new(text("SessionToken")?)),
        };
        Self::new(&self.0.endpoint, self.0.region.clone(), credentials)
    }

    /// Calls an operation of a JSON API in a Region.
    pub(super) async fn json(
        &self,
        api: JsonApi,
        region: Option<&str>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ApplyError> {
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("{}.{operation}", api.prefix)),
        ];
        let region = region.unwrap_or(self.0.region.as_str());
        let (status, text) =
            self.send(api.signing_name, region, headers, input.to_string(), operation).await?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| misunderstood(operation))?;
        if status == 200 {
            return Ok(answer);
        }
        let member = |names: [&str; 2]| {
            names.iter().find_map(|name| answer.get(name)?.as_str()).unwrap_or_default().to_owned()
        };
        Err(ApplyError::Refused {
            operation: operation.to_owned(),
            code: member(["__type", "code"]),
            message: member(["message", "Message"]),
        })
    }

    /// Calls an operation of IAM or STS.
    pub(super) async fn query(
        &self,
        api: Query,
        operation: &str,
        input: &[(&str, &str)],
    ) -> Result<Texts, ApplyError> {
        let (signing_name, version, region) = match api {
            Query::Iam => ("iam", "2010-05-08", "us-east-1"),
            Query::Sts => ("sts", "2011-06-15", self.0.region.as_str()),
        };
        let mut form = format!("Action={operation}&Version={version}");
        for (name, value) in input {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, UNRESERVED)));
        }
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let (status, text) = self.send(signing_name, region, headers, form, operation).await?;
        let answer = Texts::read(&text).ok_or_else(|| misunderstood(operation))?;
        if status == 200 {
            return Ok(answer);
        }
        let text = |name| answer.first(name).unwrap_or_default().to_owned();
        Err(ApplyError::Refused {
            operation: operation.to_owned(),
            code: text("Code"),
            message: text("Message"),
        })
    }

    async fn send(
        &self,
        signing_name: &'static str,
        region: &str,
        mut headers: Vec<(String, String)>,
        body: String,
        operation: &str,
    ) -> Result<(u16, String), ApplyError> {
        let Inner { http, endpoint, host, credentials, .. } = &*self.0;
        headers.push(("host".to_owned(), host.clone()));
        let secret = credentials.secret_access_key.clone();
        let mut signer = Signer::new(&credentials.access_key_id, secret, region, signing_name);
        if let Some(token) = &credentials.session_token {
            signer = signer.session_token(token.clone());
        }
        signer
            .sign("POST", "/", "", &mut headers, body.as_bytes(), SystemClock.now())
            .map_err(ApplyError::Signing)?;
        let mut request = http.post(endpoint).body(body);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(ApplyError::Unreachable)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|_| misunderstood(operation))?;
        Ok((status, text))
    }
}

/// A Query API.
#[derive(Clone, Copy)]
pub(super) enum Query {
    Iam,
    Sts,
}

fn misunderstood(operation: &str) -> ApplyError {
    ApplyError::Answer { operation: operation.to_owned() }
}

/// What each account but the first has for the first one's principals, as AWS Organizations makes it.
const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// RFC 3986's unreserved characters stay as they are.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

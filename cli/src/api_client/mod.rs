//! Signed calls of the public APIs.

mod error;
mod patience;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keywright_aws_api::{Clock as _, Region, SystemClock};
use keywright_crypto::SecretString;
use keywright_service::client::http_client;
use keywright_sigv4::Signer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

pub(crate) use self::error::ApiError;
pub(crate) use self::patience::patiently;
use crate::xml::Texts;

/// By whom calls are signed.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: Option<SecretString>,
}

impl Credentials {
    /// Those of an access key whose secret, and session token where it has one, are in the environment.
    pub(crate) fn of(access_key_id: String) -> Option<Self> {
        let secret = |name: &str| {
            let secret = std::env::var(name).ok().filter(|secret| !secret.is_empty());
            secret.map(SecretString::new)
        };
        Some(Self {
            access_key_id,
            secret_access_key: secret("AWS_SECRET_ACCESS_KEY")?,
            session_token: secret("AWS_SESSION_TOKEN"),
        })
    }
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
pub(crate) struct JsonApi {
    pub(crate) signing_name: &'static str,
    pub(crate) prefix: &'static str,
}

/// KMS.
pub(crate) const KMS: JsonApi = JsonApi { signing_name: "kms", prefix: "TrentService" };
/// Parameter Store.
pub(crate) const SSM: JsonApi = JsonApi { signing_name: "ssm", prefix: "AmazonSSM" };
/// Secrets Manager.
pub(crate) const SECRETS_MANAGER: JsonApi =
    JsonApi { signing_name: "secretsmanager", prefix: "secretsmanager" };
/// CloudTrail.
pub(crate) const CLOUDTRAIL: JsonApi =
    JsonApi { signing_name: "cloudtrail", prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" };
/// What an operator does to accounts.
pub(crate) const ADMIN: JsonApi = JsonApi {
    signing_name: keywright_service::identity::ADMIN_SIGNING_NAME,
    prefix: keywright_service::identity::ADMIN_TARGET_PREFIX,
};

impl ApiClient {
    /// A client of the front, or of one service, at this URL.
    pub(crate) fn new(endpoint: &str, region: Region, credentials: Credentials) -> Result<Self, ApiError> {
        let http = http_client(TIME_LIMIT).map_err(ApiError::Unreachable)?;
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default().to_owned();
        Ok(Self(Arc::new(Inner { http, endpoint, host, region, credentials })))
    }

    /// The account of the principal, and the installation's partition.
    pub(crate) async fn account(&self) -> Result<(String, String), ApiError> {
        let answer = self.query(Query::Sts, "GetCallerIdentity", &[]).await?;
        let partition = answer.first("Arn").and_then(|arn| arn.split(':').nth(1));
        let (account, partition) =
            answer.first("Account").zip(partition).ok_or_else(|| misunderstood("GetCallerIdentity"))?;
        Ok((account.to_owned(), partition.to_owned()))
    }

    /// The same client, by the role that each account has for the first one's principals.
    pub(crate) async fn in_account(&self, account: &str, partition: &str) -> Result<Self, ApiError> {
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

    /// The same client, for another Region.
    pub(crate) fn in_region(&self, region: Region) -> Self {
        let Inner { http, endpoint, host, credentials, .. } = &*self.0;
        Self(Arc::new(Inner {
            http: http.clone(),
            endpoint: endpoint.clone(),
            host: host.clone(),
            region,
            credentials: credentials.clone(),
        }))
    }

    /// Calls an operation of a JSON API in a Region.
    pub(crate) async fn json(
        &self,
        api: JsonApi,
        region: Option<&str>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ApiError> {
        self.exchange(api, region, operation, input.to_string().into()).await
    }

    /// Calls an operation whose input or answer has secrets: what holds them here is erased. `room` bounds the input's
    /// bytes, so that no copy is left where it outgrows its place.
    pub(crate) async fn secret_json<O: DeserializeOwned>(
        &self,
        api: JsonApi,
        operation: &str,
        input: &(impl Serialize + Sync),
        room: usize,
    ) -> Result<O, ApiError> {
        let mut body = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *body, input)
            .map_err(|_| ApiError::Request { operation: operation.to_owned() })?;
        self.exchange(api, None, operation, Bytes::from_owner(body)).await
    }

    async fn exchange<O: DeserializeOwned>(
        &self,
        api: JsonApi,
        region: Option<&str>,
        operation: &str,
        body: Bytes,
    ) -> Result<O, ApiError> {
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("{}.{operation}", api.prefix)),
        ];
        let region = region.unwrap_or(self.0.region.as_str());
        let (status, text) = self.send(api.signing_name, region, headers, body, operation).await?;
        if status == 200 {
            let answer = serde_json::from_slice(&text).map_err(|_| misunderstood(operation));
            erase(text);
            return answer;
        }
        let answer: Value = serde_json::from_slice(&text).map_err(|_| misunderstood(operation))?;
        let member = |names: [&str; 2]| {
            names.iter().find_map(|name| answer.get(name)?.as_str()).unwrap_or_default().to_owned()
        };
        Err(ApiError::Refused {
            operation: operation.to_owned(),
            code: member(["__type", "code"]),
            message: member(["message", "Message"]),
        })
    }

    /// Calls an operation of IAM or STS.
    pub(crate) async fn query(
        &self,
        api: Query,
        operation: &str,
        input: &[(&str, &str)],
    ) -> Result<Texts, ApiError> {
        let (signing_name, version, region) = match api {
            Query::Iam => ("iam", "2010-05-08", "us-east-1"),
            Query::Sts => ("sts", "2011-06-15", self.0.region.as_str()),
        };
        let mut form = format!("Action={operation}&Version={version}");
        for (name, value) in input {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, UNRESERVED)));
        }
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let (status, text) = self.send(signing_name, region, headers, form.into(), operation).await?;
        let answer =
            std::str::from_utf8(&text).ok().and_then(Texts::read).ok_or_else(|| misunderstood(operation))?;
        if status == 200 {
            return Ok(answer);
        }
        let text = |name| answer.first(name).unwrap_or_default().to_owned();
        Err(ApiError::Refused {
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
        body: Bytes,
        operation: &str,
    ) -> Result<(u16, Bytes), ApiError> {
        let Inner { http, endpoint, host, credentials, .. } = &*self.0;
        headers.push(("host".to_owned(), host.clone()));
        let secret = credentials.secret_access_key.clone();
        let mut signer = Signer::new(&credentials.access_key_id, secret, region, signing_name);
        if let Some(token) = &credentials.session_token {
            signer = signer.session_token(token.clone());
        }
        signer.sign("POST", "/", "", &mut headers, &body, SystemClock.now()).map_err(ApiError::Signing)?;
        let mut request = http.post(endpoint).body(body);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(ApiError::Unreachable)?;
        let status = answer.status().as_u16();
        let text = answer.bytes().await.map_err(|_| misunderstood(operation))?;
        Ok((status, text))
    }
}

/// A Query API.
#[derive(Clone, Copy)]
pub(crate) enum Query {
    Iam,
    Sts,
}

/// What an answer was read from, where nobody else has it.
fn erase(answer: Bytes) {
    if let Ok(mut answer) = answer.try_into_mut() {
        answer.as_mut().zeroize();
    }
}

fn misunderstood(operation: &str) -> ApiError {
    ApiError::Answer { operation: operation.to_owned() }
}

/// What each account but the first has for the first one's principals, as AWS Organizations makes it.
const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// RFC 3986's unreserved characters stay as they are.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

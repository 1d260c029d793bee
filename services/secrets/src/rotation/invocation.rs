//! A function of somebody's own, called as Lambda's API is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::time::Duration;

use futures::StreamExt as _;
use keywright_aws_api::error::chain;
use keywright_crypto::SecretString;
use keywright_service::base::read_secret;
use keywright_service::https::{self, Authorities};
use keywright_service::{ServiceError, SigningKeys};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::built_in::RoleError;
use super::section::FunctionSection;
use super::state::Step;

/// What a function is called with. Its token is shown to nobody but the function.
pub struct RotationEvent<'a> {
    /// The call: each attempt of a step has another.
    pub call: Uuid,
    /// When it is made.
    pub at: OffsetDateTime,
    /// The step.
    pub step: Step,
    /// The secret's ARN.
    pub secret_id: &'a str,
    /// The version.
    pub client_request_token: &'a str,
    /// Shows that the function asks for this rotation.
    pub rotation_token: &'a SecretString,
}

/// Why a step was not done, in words that tell nothing of the secret. What a function itself says of a failure is not
/// among them: it stands in the function's own log.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// No such function.
    #[error("there is no rotation function of this name")]
    Unknown,
    /// It can't be reached, or not securely.
    #[error("the function cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("the function did not answer in time")]
    TimeLimit,
    /// It is no function that answers so.
    #[error("the function's endpoint answered {0}")]
    Status(u16),
    /// It failed.
    #[error("the function failed ({0})")]
    Failed(String),
    /// A built-in one failed, in words that hold no part of a secret.
    #[error("{0}")]
    BuiltIn(String),
    /// A built-in one has no execution role.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// It said that it was done, but what it was to do isn't.
    #[error("{0}")]
    Undone(&'static str),
}

/// One function.
pub struct HttpFunction {
    http: reqwest::Client,
    url: reqwest::Url,
    bearer_token: Option<SecretString>,
    keys: Option<SigningKeys>,
    time_limit: Duration,
}

impl HttpFunction {
    /// The function of these settings.
    ///
    /// # Errors
    /// [`ServiceError`] for an address that is none, or a file that can't be used.
    pub fn new(name: &str, section: &FunctionSection) -> Result<Self, ServiceError> {
        let wrong = |reason: String| ServiceError::own(WrongFunction { name: name.to_owned(), reason });
        let base = section.url.trim_end_matches('/');
        let url = match base.contains(API_VERSION) {
            true => base.to_owned(),
            false => format!("{base}/{API_VERSION}/functions/{name}/invocations"),
        };
        let url: reqwest::Url = url.parse().map_err(|_| wrong("url is not a valid address".to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("url must begin with https:// or http://".to_owned()));
        }
        let time_limit = Duration::from_secs(section.time_limit_seconds);
        let authorities = section.ca_file.as_deref().map_or(Authorities::Web, Authorities::Only);
        let http = https::client_builder(authorities)
            .map_err(|error| wrong(format!("ca_file cannot be used: {error}")))?
            .timeout(time_limit)
            .build()
            .map_err(|error| wrong(error.without_url().to_string()))?;
        let bearer_token = section.bearer_token_file.as_deref().map(read_secret).transpose()?;
        let keys = (!section.hmac_key_files.is_empty()).then(|| SigningKeys::read(&section.hmac_key_files));
        Ok(Self { http, url, bearer_token, keys: keys.transpose()?, time_limit })
    }

    /// How long it may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Has it do a step.
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke(&self, event: &RotationEvent<'_>) -> Result<(), FunctionError> {
        let body = Body {
            step: event.step.as_str(),
            secret_id: event.secret_id,
            client_request_token: event.client_request_token,
            rotation_token: event.rotation_token.expose_secret(),
        };
        let body = serde_json::to_vec(&body).map_err(|_| FunctionError::Failed("unsent".to_owned()))?;
        let mut request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("user-agent", concat!("keywright/", env!("CARGO_PKG_VERSION")))
            .header("x-amz-invocation-type", "RequestResponse");
        if let Some(keys) = &self.keys {
            let timestamp = event.at.unix_timestamp();
            request = request
                .header("webhook-id", event.call.to_string())
                .header("webhook-timestamp", timestamp)
                .header("webhook-signature", keys.sign(event.call, timestamp, &body));
        }
        if let Some(token) = &self.bearer_token {
            request = request.bearer_auth(token.expose_secret());
        }
        let answer = request.body(body).send().await.map_err(unreachable)?;
        let status = answer.status();
        let error_header = answer
            .headers()
            .get("x-amz-function-error")
            .map(|value| value.to_str().map(word).unwrap_or_default());
        if !status.is_success() {
            return Err(FunctionError::Status(status.as_u16()));
        }
        let failure = failure(answer).await?;
        match (error_header, failure) {
            (None, None) => Ok(()),
            (_, Some(kind)) => Err(FunctionError::Failed(kind)),
            (Some(kind), None) => Err(FunctionError::Failed(kind)),
        }
    }
}

/// The type of the error in an answer, if it is one.
async fn failure(answer: reqwest::Response) -> Result<Option<String>, FunctionError> {
    let mut body = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(part) = stream.next().await {
        body.extend_from_slice(&part.map_err(unreachable)?);
        if body.len() > LONGEST_ANSWER {
            // No error is as long.
            return Ok(None);
        }
    }
    let error = serde_json::from_slice::<Failure>(&body).ok();
    let error = error.filter(|error| error.error_message.is_some() || error.error_type.is_some());
    Ok(error.map(|error| error.error_type.as_deref().map_or_else(|| UNTYPED.to_owned(), word)))
}

/// A name of an error, and no more than that.
fn word(text: &str) -> String {
    let is_of_name = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-' | ':');
    let word: String = text.chars().take(LONGEST_WORD).filter(is_of_name).collect();
    if word.is_empty() { UNTYPED.to_owned() } else { word }
}

fn unreachable(error: reqwest::Error) -> FunctionError {
    if error.is_timeout() {
        FunctionError::TimeLimit
    } else {
        FunctionError::Unreachable(chain(&error.without_url()).to_string())
    }
}

/// The event, as AWS's has it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    step: &'static str,
    secret_id: &'a str,
    client_request_token: &'a str,
    rotation_token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_type: Option<String>,
    error_message: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, thiserror::Error)]
#[error("the rotation function {name} cannot be used: {reason}")]
struct WrongFunction {
    name: String,
    reason: String,
}

const API_VERSION: &str = "2015-03-31";
const LONGEST_ANSWER: usize = 256 * 1024;
const LONGEST_WORD: usize = 100;
const UNTYPED: &str = "error";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_function_says_only_the_kind_of_error_is_kept() {
        assert_eq!(word("ValueError"), "ValueError");
        assert_eq!(word("Runtime.ExitError"), "Runtime.ExitError");
        assert_eq!(word("pass word='x'\n"), "passwordx");
        assert_eq!(word(""), "error");
    }

    #[test]
    fn the_address_is_the_base_of_lambdas_api_or_all_of_it() {
        let url = |url: &str| {
            let section = FunctionSection {
                url: url.to_owned(),
                time_limit_seconds: 1,
                bearer_token_file: None,
                hmac_key_files: Vec::new(),
                ca_file: None,
            };
            HttpFunction::new("rotate", &section).map(|function| function.url.to_string())
        };
        let whole = "https://host/2015-03-31/functions/function/invocations";
        assert_eq!(url("https://host/").unwrap(), "https://host/2015-03-31/functions/rotate/invocations");
        assert_eq!(url(whole).unwrap(), whole);
        assert!(url("ftp://host").is_err() && url("host").is_err());
    }
}

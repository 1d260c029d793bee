//! AssumeRoleWithWebIdentity, as a client.

use std::path::Path;
use std::time::Duration;

use keywright_crypto::SecretString;
use keywright_service::https::{self, Authorities, HttpsError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::AgentError;
use crate::error::CliError;
use crate::xml::Texts;

/// Temporary credentials.
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: SecretString,
    pub(crate) expires_at: OffsetDateTime,
}

/// What is asked of STS.
pub(crate) struct Exchange<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) token: &'a str,
    pub(crate) duration_seconds: u32,
}

/// STS, as the agent asks it.
pub(crate) struct StsClient {
    http: reqwest::Client,
    endpoint: String,
}

impl StsClient {
    /// A client of STS at this URL, whose certificate one of the Web's authorities or of those in `ca_file` has signed.
    pub(crate) fn new(endpoint: &str, ca_file: Option<&Path>) -> Result<Self, CliError> {
        let authorities = ca_file.map_or(Authorities::Web, Authorities::WebAnd);
        let http = https::client_builder(authorities)
            .map_err(|error| no_client(error, ca_file))?
            .timeout(TIME_LIMIT)
            .build()
            .map_err(CliError::HttpClient)?;
        Ok(Self { http, endpoint: format!("{}/", endpoint.trim_end_matches('/')) })
    }

    /// A session for the bearer of a token.
    pub(crate) async fn assume_role(&self, asked: &Exchange<'_>) -> Result<Credentials, AgentError> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&DurationSeconds={}&WebIdentityToken={}",
            encode(asked.role_arn),
            encode(asked.session_name),
            asked.duration_seconds,
            encode(asked.token),
        );
        let request = self.http.post(&self.endpoint).header("content-type", FORM).body(form);
        let answer = request.send().await.map_err(AgentError::Unreachable)?;
        let status = answer.status().as_u16();
        let texts = Texts::read(&answer.text().await.map_err(AgentError::Unreachable)?);
        let texts = texts.ok_or(AgentError::Answer)?;
        let take = |name: &str| texts.first(name).map(str::to_owned).ok_or(AgentError::Answer);
        if status != 200 {
            return Err(AgentError::Refused { status, code: take("Code")?, message: take("Message")? });
        }
        let expiration = take("Expiration")?;
        Ok(Credentials {
            access_key_id: take("AccessKeyId")?,
            secret_access_key: SecretString::new(take("SecretAccessKey")?),
            session_token: SecretString::new(take("SessionToken")?),
            expires_at: OffsetDateTime::parse(&expiration, &Rfc3339).map_err(|_| AgentError::Answer)?,
        })
    }
}

fn no_client(error: HttpsError, ca_file: Option<&Path>) -> CliError {
    let path = ca_file.unwrap_or(Path::new("")).to_owned();
    match error {
        HttpsError::Unreadable(cause) => CliError::File { action: "read", path, cause },
        HttpsError::NotPem | HttpsError::NoAnchor | HttpsError::Empty => {
            CliError::Damaged { path, reason: "it is no list of PEM certificates".into() }
        }
        HttpsError::Tls(error) => CliError::Tls(error),
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
/// Longer than STS takes to ask an identity provider for its keys.
const TIME_LIMIT: Duration = Duration::from_secs(8);

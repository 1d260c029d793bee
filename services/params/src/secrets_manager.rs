//! Secrets Manager, as this service sees it: asked over HTTP, as ourselves, for the caller. It decides for the caller, and
//! has KMS decide for the caller too. Nothing of a secret is kept here.

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{ApiError, Caller, Common};
use keywright_crypto::SecretString;
use keywright_service::{CallError, ServiceClient};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::secret_reference::{SecretReference, SecretVersion};

/// The secrets that references mean.
pub struct SecretsManager {
    client: ServiceClient,
}

/// A secret that was fetched.
pub struct FetchedSecret {
    /// The secret's ARN.
    pub arn: String,
    /// Its text; of a binary secret the Base64.
    pub value: SecretString,
    /// When the version was made.
    pub created: Timestamp,
    /// The whole answer, as it came.
    pub source_result: SecretString,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Secrets Manager refused.
    #[error("secrets manager refused, code={code}")]
    Refused {
        /// The reference.
        name: String,
        /// Its error code.
        code: String,
        /// Its text for the caller.
        message: String,
    },
    /// It could not be asked, or failed.
    #[error("secrets manager is unavailable")]
    Unavailable(#[source] CallError),
    /// It answered with what can't be.
    #[error("secrets manager was not understood")]
    NotUnderstood(#[source] CallError),
    /// It answered with no value.
    #[error("secrets manager gave a secret that cannot be read")]
    Unreadable,
}

impl SecretsManager {
    /// Secrets Manager behind `client`.
    #[must_use]
    pub fn new(client: ServiceClient) -> Self {
        Self { client }
    }

    /// The secret that a reference means.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn fetch(
        &self,
        caller: &Caller,
        reference: &SecretReference,
    ) -> Result<FetchedSecret, SecretsError> {
        let (version_id, version_stage) = match reference.version() {
            SecretVersion::Current => (None, None),
            SecretVersion::Id(id) => (Some(id), None),
            SecretVersion::Stage(stage) => (None, Some(stage)),
        };
        let input = GetSecretValue { secret_id: reference.secret(), version_id, version_stage };
        let answer: Result<Box<RawValue>, _> = self.client.call("GetSecretValue", &input, Some(caller)).await;
        let source_result = text(answer.map_err(|error| refused(reference, error))?);
        let secret: SecretValue = serde_json::from_str(source_result.expose_secret())
            // The error may quote the secret.
            .map_err(|_| SecretsError::Unreadable)?;
        let value = secret.secret_string.or(secret.secret_binary).ok_or(SecretsError::Unreadable)?;
        Ok(FetchedSecret { arn: secret.arn, value, created: secret.created_date, source_result })
    }
}

impl SecretsError {
    /// Whether there is no such secret, or no such version of it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == NOT_FOUND)
    }
}

impl From<SecretsError> for ApiError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Refused { name, code, message } => refusal(&name, &code, &message),
            SecretsError::Unavailable(cause) => {
                Self::unavailable("Secrets Manager cannot be reached now; try again", cause)
            }
            error @ (SecretsError::NotUnderstood(_) | SecretsError::Unreadable) => Self::internal(error),
        }
    }
}

/// By the codes of Secrets Manager's own reference.
fn refusal(name: &str, code: &str, message: &str) -> ApiError {
    let told = |code: &str, message: &str| {
        format!("An error occurred ({code}) when referencing Secrets Manager: {message}")
    };
    match code {
        NOT_FOUND => {
            let text = told("ParameterNotFound", &format!("Secret {name} not found."));
            ApiError::service("ParameterNotFound", 400, text)
        }
        "AccessDeniedException" => ApiError::common(Common::AccessDenied, told(code, message)),
        "ThrottlingException" => ApiError::service("ThrottlingException", 400, told(code, message)),
        _ => ApiError::validation(told(code, message)),
    }
}

fn refused(reference: &SecretReference, error: CallError) -> SecretsError {
    match error {
        CallError::Remote { status, code, message } if status < 500 => {
            SecretsError::Refused { name: reference.name(), code, message }
        }
        error @ (CallError::Remote { .. } | CallError::Unavailable(_)) => SecretsError::Unavailable(error),
        error @ CallError::Malformed(_) => SecretsError::NotUnderstood(error),
    }
}

/// The allocation goes over, to be erased.
fn text(raw: Box<RawValue>) -> SecretString {
    SecretString::new(String::from(Box::<str>::from(raw)))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue<'a> {
    secret_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_stage: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    #[serde(rename = "ARN")]
    arn: String,
    secret_string: Option<SecretString>,
    secret_binary: Option<SecretString>,
    created_date: Timestamp,
}

/// Secrets Manager's name in the credential scope, and its prefix in `x-amz-target`.
pub const SIGNING_NAME: &str = "secretsmanager";
const NOT_FOUND: &str = "ResourceNotFoundException";

#[cfg(test)]
mod tests {
    use keywright_aws_api::Protocol;

    use super::*;

    const PROTOCOL: Protocol = Protocol::Json11 { target_prefix: "AmazonSSM" };

    fn answer(status: u16, code: &str) -> ApiError {
        let region = "us-east-1".parse().unwrap();
        let account = "000000000000".parse().unwrap();
        let reference = SecretReference::parse("/aws/reference/secretsmanager/db", &region, account);
        let error = CallError::Remote { status, code: code.to_owned(), message: "why".to_owned() };
        refused(&reference.unwrap().unwrap(), error).into()
    }

    #[test]
    fn refusals_name_secrets_manager() {
        let missing = answer(400, "ResourceNotFoundException");
        assert_eq!(missing.code(&PROTOCOL), ("ParameterNotFound", 400));
        let text = "An error occurred (ParameterNotFound) when referencing Secrets Manager: \
                    Secret /aws/reference/secretsmanager/db not found.";
        assert_eq!(missing.message(), text);
        let denied = answer(400, "AccessDeniedException");
        assert_eq!(denied.code(&PROTOCOL), ("AccessDeniedException", 400));
        let text = "An error occurred (AccessDeniedException) when referencing Secrets Manager: why";
        assert_eq!(denied.message(), text);
        assert_eq!(answer(400, "InvalidRequestException").code(&PROTOCOL), ("ValidationException", 400));
        assert_eq!(answer(400, "ThrottlingException").code(&PROTOCOL), ("ThrottlingException", 400));
    }

    #[test]
    fn what_is_not_the_callers_fault_is_a_server_error() {
        let failed = answer(500, "InternalServiceError");
        assert_eq!(failed.code(&PROTOCOL).1, 503);
        assert!(!failed.message().contains("why"));
    }
}

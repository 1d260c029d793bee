//! What can go wrong in Secrets Manager, and AWS's answers to it.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html>

use keywright_aws_api::{ApiError, Common};
use keywright_crypto::CryptoError;
use keywright_policy::{PolicyError, Problem};
use keywright_random_password::PasswordError;
use keywright_service::{CallError, StoreFailure};
use keywright_store::{CommitError, StoreError};

use crate::domain::stage::Stage;
use crate::domain::version_id::VersionId;

/// Why Secrets Manager refuses or fails. Nothing here carries the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such secret.
    #[error("the secret does not exist")]
    SecretNotFound,
    /// No version of the secret has the label.
    #[error("no version has the staging label")]
    StageNotFound(Stage),
    /// The secret has no such version.
    #[error("the version does not exist")]
    VersionNotFound(VersionId),
    /// The version that was asked for doesn't have the label that was asked for.
    #[error("the version does not have the staging label")]
    StageOfOtherVersion,
    /// The secret waits for its deletion.
    #[error("the secret is marked for deletion")]
    MarkedForDeletion,
    /// A secret of the name waits for its deletion.
    #[error("a secret of this name is scheduled for deletion")]
    NameMarkedForDeletion,
    /// The name is taken.
    #[error("the secret exists already")]
    SecretExists {
        /// The name.
        name: String,
    },
    /// The token was used for a version with another content.
    #[error("the client request token is in use")]
    TokenInUse {
        /// The version which it made.
        version: VersionId,
        /// The secret's ARN.
        arn: String,
    },
    /// A version needs an id.
    #[error("there is no client request token")]
    TokenMissing,
    /// A version needs a value.
    #[error("there is no secret value")]
    ValueMissing,
    /// A version has one value.
    #[error("there are two secret values")]
    TwoValues,
    /// The value has too many bytes.
    #[error("the secret value is too long")]
    ValueTooLong {
        /// The member that holds it, as messages name it.
        member: &'static str,
    },
    /// Not the name of a secret.
    #[error("the secret name is not valid")]
    InvalidName,
    /// A parameter that is refused for a reason of its own.
    #[error("not valid: {0}")]
    InvalidParameter(&'static str),
    /// A text that is no resource policy.
    #[error("the resource policy is malformed")]
    MalformedPolicy(#[from] PolicyError),
    /// A policy that gives something to everyone, where that is to be refused.
    #[error("the resource policy is public")]
    PublicPolicy,
    /// Tags by which the caller could not change them again.
    #[error("the caller would lose access by these tags")]
    WouldLoseAccess,
    /// Nobody of another account can use the AWS managed key.
    #[error("the secret is under the managed key, which another account cannot use")]
    ManagedKeyAcrossAccounts,
    /// No password has these switches.
    #[error("no such password can be drawn")]
    Password(#[from] PasswordError),
    /// A quota of the secret.
    #[error("a limit is exceeded: {0}")]
    LimitExceeded(&'static str),
    /// The label stands elsewhere than the request says.
    #[error("the staging label is attached to another version")]
    StageAttachedElsewhere {
        /// The label.
        stage: Stage,
        /// The version which has it.
        version: VersionId,
    },
    /// The label isn't where it is to be removed.
    #[error("the staging label is not attached to the version")]
    StageNotAttached {
        /// The label.
        stage: Stage,
        /// The version which the request names.
        version: VersionId,
    },
    /// A label is to be moved to a version that doesn't exist.
    #[error("not a version of the secret")]
    NotAVersion(VersionId),
    /// One version always is the current one.
    #[error("the current version's staging label can only be moved")]
    CurrentNotRemovable,
    /// A continuation token that was not made for this list.
    #[error("the next token is not valid")]
    InvalidNextToken,
    /// Another request has changed the secret in the meantime.
    #[error("the secret was changed by another request at the same time")]
    Conflict,
    /// KMS doesn't let the caller use the key.
    #[error("the caller may not use the kms key")]
    KmsAccessDenied,
    /// KMS can't encrypt with the key.
    #[error("the kms key cannot encrypt")]
    Encryption {
        /// KMS's own text.
        reason: String,
    },
    /// KMS can't decrypt with the key, or gave a key that doesn't open the value.
    #[error("the kms key cannot decrypt")]
    Decryption {
        /// KMS's own text.
        reason: String,
    },
    /// KMS can't be reached, or not be understood.
    #[error("kms failed")]
    Kms(#[source] CallError),
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A primitive failed.
    #[error("a cryptographic primitive failed")]
    Crypto(#[from] CryptoError),
    /// A row that can't be.
    #[error("the database holds something impossible: {0}")]
    Corrupt(&'static str),
    /// A secret is to be rotated, but nobody is set up to do it.
    #[error("the secret has no rotation function")]
    NoRotationFunction,
    /// There is no such rotation function, or it can't be called.
    #[error("the rotation function cannot be called")]
    FunctionNotCallable,
    /// A version waits to be made the current one.
    #[error("a former rotation is not complete")]
    RotationIncomplete,
    /// The token is not that of the rotation which makes the version.
    #[error("the rotation token is not valid")]
    InvalidRotationToken,
    /// Only its primary secret changes a replica.
    #[error("the secret is a replica")]
    OnReplica,
    /// It is no replica.
    #[error("the secret is not a replica")]
    NotAReplica,
    /// It can't be deleted while it has replicas.
    #[error("the secret has replicas")]
    ReplicasLeft {
        /// Its ARN.
        arn: String,
        /// Where they are.
        regions: String,
    },
    /// A Region that nothing can be replicated to.
    #[error("the region cannot be replicated to")]
    NoReplicaRegion {
        /// The Region.
        region: String,
        /// Why.
        reason: &'static str,
    },
    /// An event that no request caused could not be recorded.
    #[error("an event could not be recorded")]
    Event(#[source] ApiError),
}

impl Error {
    /// Of a commit that didn't succeed, or of which nobody knows.
    pub(crate) fn of_commit(error: CommitError) -> Self {
        match error {
            CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Self::Store(cause),
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match answer(&error) {
            Answer::Caller(answer) => answer,
            Answer::Unavailable => StoreFailure::Unavailable.answer(error),
            Answer::Failed(message) => Self::service(INTERNAL, 500, message).caused_by(error),
        }
    }
}

/// What the caller is told.
enum Answer {
    Caller(ApiError),
    Unavailable,
    Failed(&'static str),
}

/// The one place where an error becomes AWS's.
fn answer(error: &Error) -> Answer {
    match error {
        Error::SecretNotFound => refuse(NOT_FOUND, "Secrets Manager can't find the specified secret."),
        Error::StageNotFound(stage) => refuse(
            NOT_FOUND,
            format!("Secrets Manager can't find the specified secret value for staging label: {stage}"),
        ),
        Error::VersionNotFound(version) => refuse(
            NOT_FOUND,
            format!("Secrets Manager can't find the specified secret value for VersionId: {version}"),
        ),
        Error::StageOfOtherVersion => refuse(
            INVALID_REQUEST,
            "You provided a VersionStage that is not associated to the provided VersionId.",
        ),
        Error::MarkedForDeletion => refuse(
            INVALID_REQUEST,
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
        Error::NameMarkedForDeletion => refuse(
            INVALID_REQUEST,
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        ),
        Error::SecretExists { name } => {
            refuse(EXISTS, format!("The operation failed because the secret {name} already exists."))
        }
        Error::TokenInUse { version, arn } => refuse(
            EXISTS,
            format!(
                "You can't use ClientRequestToken {version} because that value is already in use for a version of secret {arn}."
            ),
        ),
        Error::TokenMissing => refuse(
            INVALID_REQUEST,
            "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
        ),
        Error::ValueMissing => {
            refuse(INVALID_REQUEST, "You must provide either SecretString or SecretBinary.")
        }
        Error::TwoValues => refuse(
            INVALID_PARAMETER,
            "You can't specify both a binary secret value and a string secret value in the same secret.",
        ),
        Error::ValueTooLong { member } => Answer::Caller(ApiError::validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to 65536"
        ))),
        Error::InvalidName => Answer::Caller(ApiError::validation(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        )),
        Error::InvalidParameter(reason) => refuse(INVALID_PARAMETER, *reason),
        Error::MalformedPolicy(error) => refuse(MALFORMED_POLICY, malformed_policy(error)),
        Error::PublicPolicy => refuse(
            "PublicPolicyException",
            "You can't attach a resource policy that allows broad access to the secret while BlockPublicPolicy is true.",
        ),
        Error::WouldLoseAccess => Answer::Caller(ApiError::common(
            Common::AccessDenied,
            "You can't change the tags of the secret so that you lose access to it",
        )),
        Error::ManagedKeyAcrossAccounts => refuse(
            INVALID_REQUEST,
            "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
        ),
        Error::Password(error) => match error {
            PasswordError::TooShort => {
                refuse(INVALID_PARAMETER, "Password length is too short based on the required types.")
            }
            PasswordError::NothingLeft => {
                refuse(INVALID_PARAMETER, "You can't exclude all characters from the password.")
            }
            PasswordError::Length => {
                refuse(INVALID_PARAMETER, "The password length must be between 1 and 4096.")
            }
            PasswordError::Random(_) => Answer::Failed(OURS),
        },
        Error::LimitExceeded(what) => refuse("LimitExceededException", *what),
        Error::StageAttachedElsewhere { stage, version } => refuse(
            INVALID_PARAMETER,
            format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {version}, so you must explicitly reference that version in RemoveFromVersionId."
            ),
        ),
        Error::StageNotAttached { stage, version } => {
            refuse(INVALID_PARAMETER, format!("Staging label {stage} is not attached to version {version}."))
        }
        Error::NotAVersion(version) => refuse(NOT_FOUND, format!("Not a valid version: {version}")),
        Error::CurrentNotRemovable => refuse(
            INVALID_PARAMETER,
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        ),
        Error::NoRotationFunction => refuse(
            INVALID_REQUEST,
            "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you didn't include such an ARN as a parameter in this call.",
        ),
        Error::FunctionNotCallable => Answer::Caller(ApiError::common(
            Common::AccessDenied,
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
        )),
        Error::RotationIncomplete => {
            refuse(INVALID_REQUEST, "A previous rotation isn't complete. That rotation will be reattempted.")
        }
        Error::InvalidRotationToken => {
            refuse(INVALID_REQUEST, "The RotationToken isn't that of a rotation which makes this version.")
        }
        Error::OnReplica => refuse(
            INVALID_PARAMETER,
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        ),
        Error::NotAReplica => refuse(
            INVALID_PARAMETER,
            "The secret isn't a replica. Replication can be stopped in the Region of a replica only.",
        ),
        Error::ReplicasLeft { arn, regions } => refuse(
            INVALID_PARAMETER,
            format!("You can't delete secret {arn} that still has replica regions [{regions}]."),
        ),
        Error::NoReplicaRegion { region, reason } => {
            refuse(INVALID_PARAMETER, format!("Invalid replica region {region}: {reason}."))
        }
        Error::InvalidNextToken => refuse("InvalidNextTokenException", "The NextToken value is invalid."),
        Error::KmsAccessDenied => {
            Answer::Caller(ApiError::common(Common::AccessDenied, "Access to KMS is not allowed"))
        }
        Error::Encryption { reason } => refuse(
            "EncryptionFailure",
            format!(
                "Secrets Manager can't encrypt the protected secret text using the provided KMS key. {reason}"
            ),
        ),
        Error::Decryption { reason } => refuse(
            "DecryptionFailure",
            format!(
                "Secrets Manager can't decrypt the protected secret text using the provided KMS key. {reason}"
            ),
        ),
        // The official clients try again after a 5xx, and meet the secret as it is then.
        Error::Conflict => {
            Answer::Failed("The secret was changed by another request at the same time. Try again.")
        }
        Error::Kms(_) => Answer::Failed("Secrets Manager can't reach KMS now."),
        Error::Store(error) => match StoreFailure::of(error) {
            StoreFailure::Unavailable => Answer::Unavailable,
            StoreFailure::Internal => Answer::Failed(OURS),
        },
        Error::Event(error) if error.is(Common::ServiceUnavailable) => Answer::Unavailable,
        Error::Event(_) | Error::Crypto(_) | Error::Corrupt(_) => Answer::Failed(OURS),
    }
}

fn malformed_policy(error: &PolicyError) -> String {
    match error {
        PolicyError::Syntax { .. } => "This resource policy contains invalid Json.".to_owned(),
        PolicyError::Invalid { path, problem: Problem::Principal } => {
            format!("This resource policy contains an unsupported principal at {path}.")
        }
        PolicyError::Invalid { path, problem } => {
            format!("This resource policy has invalid syntax at {path}: {problem}.")
        }
    }
}

fn refuse(code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Answer {
    Answer::Caller(ApiError::service(code, 400, message))
}

const NOT_FOUND: &str = "ResourceNotFoundException";
const MALFORMED_POLICY: &str = "MalformedPolicyDocumentException";
const INVALID_REQUEST: &str = "InvalidRequestException";
const INVALID_PARAMETER: &str = "InvalidParameterException";
const EXISTS: &str = "ResourceExistsException";
const INTERNAL: &str = "InternalServiceError";
const OURS: &str = "An error occurred on the server side.";

#[cfg(test)]
mod tests {
    use keywright_store::Unavailable;

    use super::*;

    fn code(error: Error) -> (&'static str, u16) {
        let json = keywright_aws_api::Protocol::Json11 { target_prefix: "secretsmanager" };
        ApiError::from(error).code(&json)
    }

    #[test]
    fn a_lost_database_or_kms_is_not_the_callers_fault() {
        let lost = StoreError::Unavailable(Unavailable::Connect);
        assert_eq!(code(Error::Store(lost)), ("ServiceUnavailableException", 503));
        assert_eq!(code(Error::Kms(CallError::Malformed("x"))), ("InternalServiceError", 500));
        assert_eq!(code(Error::Corrupt("x")), ("InternalServiceError", 500));
        assert_eq!(code(Error::Conflict), ("InternalServiceError", 500));
    }

    #[test]
    fn a_refusal_of_kms_keeps_its_reason() {
        let error = ApiError::from(Error::Decryption { reason: "the key is disabled.".to_owned() });
        assert!(error.message().ends_with("KMS key. the key is disabled."), "{}", error.message());
        assert_eq!(code(Error::KmsAccessDenied), ("AccessDeniedException", 400));
    }
}

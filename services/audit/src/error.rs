//! What can go wrong in the audit service, and what a caller is told of it.

use keywright_aws_api::{ApiError, Common};
use keywright_service::{CallError, StoreFailure};
use keywright_store::{CommitError, StoreError};
use keywright_transparency_log::LogError;

use crate::domain::cursor::InvalidToken;

/// An error of the audit service.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The lookup attributes make no sense; the text is for the caller.
    #[error("lookup attributes are not valid: {0}")]
    InvalidLookupAttributes(&'static str),
    /// The event category is none.
    #[error("event category is not valid")]
    InvalidEventCategory,
    /// The time range ends before it starts.
    #[error("time range ends before it starts")]
    InvalidTimeRange,
    /// The number of results asked for isn't from 1 to 50.
    #[error("max results is not valid, max_results={0}")]
    InvalidMaxResults(i32),
    /// The token is none; of an operation that gives out none.
    #[error("token is not valid")]
    InvalidToken,
    /// The token was not made here, or for another query.
    #[error("next token is not valid")]
    InvalidNextToken,
    /// The database refused or is away.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// A stored record can't be read.
    #[error("a stored record cannot be read, event_id={event_id}")]
    Record {
        /// Whose.
        event_id: uuid::Uuid,
        /// Why.
        #[source]
        cause: keywright_audit_log::record::EnvelopeError,
    },
    /// The journal refuses what is replayed.
    #[error("the journal cannot take a record")]
    Journal(#[source] keywright_audit_log::JournalError),
    /// The dead-letter topic can't be written.
    #[error("the dead-letter topic cannot be written")]
    DeadLetterTopic(#[source] rdkafka::error::KafkaError),
    /// A Kafka setting is unknown or has an impossible value, which is not shown.
    #[error("kafka setting is not valid, name={name}")]
    KafkaSetting {
        /// The setting.
        name: String,
    },
    /// There is no such event in the log.
    #[error("no such event in the log")]
    NoSuchEvent,
    /// A day is none.
    #[error("no such day")]
    NoSuchDay,
    /// No checkpoint covers it.
    #[error("no checkpoint covers it")]
    NotSigned,
    /// A part of the transparency log is refused.
    #[error("the transparency log cannot be used")]
    Log(#[from] LogError),
    /// What is stored of the transparency log contradicts itself.
    #[error("the transparency log is damaged: {0}")]
    LogDamaged(&'static str),
    /// KMS didn't sign, or didn't tell by which key.
    #[error("kms did not sign a checkpoint")]
    Signing(#[source] CallError),
    /// Too few witnesses have signed a checkpoint, so that it isn't published.
    #[error("{signed} of {required} witnesses have signed a checkpoint")]
    Witnesses {
        /// How many have.
        signed: usize,
        /// How many must.
        required: usize,
    },
    /// A webhook's key is none.
    #[error("{} does not hold a key: it must be `whsec_` and at least 24 random bytes in Base64", .file.display())]
    WebhookKey {
        /// Where it should be.
        file: std::path::PathBuf,
    },
    /// A webhook's settings can't be used.
    #[error("webhook {name:?}: {reason}")]
    Webhook {
        /// Which.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A setting can't be used.
    #[error("the setting {setting} cannot be used: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong, and what to set.
        reason: &'static str,
    },
}

impl From<InvalidToken> for AuditError {
    fn from(InvalidToken: InvalidToken) -> Self {
        Self::InvalidNextToken
    }
}

impl From<CommitError> for AuditError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Self::Store(cause),
        }
    }
}

impl From<rdkafka::error::KafkaError> for AuditError {
    fn from(error: rdkafka::error::KafkaError) -> Self {
        match error {
            rdkafka::error::KafkaError::ClientConfig(_, _, name, _) => Self::KafkaSetting { name },
            other => Self::DeadLetterTopic(other),
        }
    }
}

impl From<AuditError> for ApiError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::InvalidLookupAttributes(message) => {
                Self::service("InvalidLookupAttributesException", 400, message)
            }
            AuditError::InvalidEventCategory => {
                Self::service("InvalidEventCategoryException", 400, "The only event category is insight.")
            }
            AuditError::InvalidTimeRange => Self::service(
                "InvalidTimeRangeException",
                400,
                "The start time must not be after the end time.",
            ),
            AuditError::InvalidMaxResults(asked) => Self::service(
                "InvalidMaxResultsException",
                400,
                format!("A max results value of {asked} is invalid. Specify max results between 1 and 50."),
            ),
            AuditError::InvalidToken => {
                Self::service("InvalidTokenException", 400, "The token is not valid.")
            }
            AuditError::InvalidNextToken => Self::service(
                "InvalidNextTokenException",
                400,
                "The token is not valid, or was used before in a request with different parameters.",
            ),
            AuditError::Store(cause) => StoreFailure::of(&cause).answer(cause),
            AuditError::NoSuchEvent => {
                Self::service("EventNotFoundException", 400, "There is no such event in the log.")
            }
            AuditError::NoSuchDay => Self::validation("The day is not a date."),
            AuditError::NotSigned => Self::service(
                "NotSignedException",
                400,
                "No checkpoint covers it: try again in some seconds, or name a checkpoint that is kept.",
            ),
            AuditError::Log(LogError::Range { asked, size }) => {
                Self::validation(format!("{asked} is not inside a tree of {size} leaves."))
            }
            AuditError::Journal(cause) => Self::common(
                Common::ServiceUnavailable,
                "the audit journal cannot accept records; the dead letter was not replayed",
            )
            .caused_by(cause),
            error @ (AuditError::Record { .. }
            | AuditError::Log(_)
            | AuditError::LogDamaged(_)
            | AuditError::Signing(_)
            | AuditError::Witnesses { .. }
            | AuditError::DeadLetterTopic(_)
            | AuditError::KafkaSetting { .. }
            | AuditError::WebhookKey { .. }
            | AuditError::Webhook { .. }
            | AuditError::Setting { .. }) => Self::internal(error),
        }
    }
}

//! What can go wrong in the audit service, and what a caller is told of it.

use keywright_aws_api::{ApiError, Common};
use keywright_service::{CallError, StoreFailure};
use keywright_store::{CommitError, StoreError};
use keywright_transparency_log::LogError;

use crate::domain::cursor::InvalidToken;
use crate::lake::sql::SqlError;

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
    /// An event selector can't be honoured; the text is for the caller.
    #[error("event selectors are not valid: {0}")]
    InvalidEventSelectors(String),
    /// What should name an event data store doesn't.
    #[error("event data store is not an id or ARN")]
    InvalidStoreArn,
    /// There is no such event data store.
    #[error("event data store not found")]
    StoreNotFound,
    /// The name is taken.
    #[error("event data store exists, name={0}")]
    StoreExists(String),
    /// The account has as many as it may.
    #[error("too many event data stores")]
    TooManyStores,
    /// It must not be deleted.
    #[error("event data store is protected from deletion")]
    StoreProtected,
    /// It was deleted.
    #[error("event data store is pending deletion")]
    StoreInactive,
    /// It wasn't deleted, so that it can't be restored.
    #[error("event data store is not pending deletion")]
    StoreNotDeleted,
    /// What AWS has and this service hasn't; the text is for the caller.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// A parameter makes no sense; the text is for the caller.
    #[error("a parameter is not valid: {0}")]
    InvalidParameter(&'static str),
    /// The statement can't be translated.
    #[error("query statement is not valid")]
    InvalidStatement(#[from] SqlError),
    /// There is no such query.
    #[error("query not found")]
    QueryNotFound,
    /// The query has ended.
    #[error("query has ended")]
    QueryEnded,
    /// The account has as many running as it may.
    #[error("too many queries run")]
    TooManyQueries,
    /// A range of dates ends before it starts.
    #[error("date range ends before it starts")]
    InvalidDateRange,
    /// There is no such trail.
    #[error("trail not found, name={0}")]
    TrailNotFound(String),
    /// What should name a trail doesn't.
    #[error("trail name is not valid")]
    InvalidTrailName,
    /// There are no insights.
    #[error("insights are not enabled")]
    NoInsights,
    /// A resource has no tags here.
    #[error("resource not found")]
    ResourceNotFound,
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
    /// A row of a result can't be read.
    #[error("a stored result cannot be read")]
    StoredResult,
    /// There is no randomness.
    #[error("no randomness")]
    Random(#[source] keywright_crypto::CryptoError),
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
            AuditError::InvalidEventSelectors(message) => {
                Self::service("InvalidEventSelectorsException", 400, message)
            }
            AuditError::InvalidStoreArn => Self::service(
                "EventDataStoreARNInvalidException",
                400,
                "The event data store must be given by its ARN or the ID suffix of its ARN.",
            ),
            AuditError::StoreNotFound => Self::service(
                "EventDataStoreNotFoundException",
                400,
                "The specified event data store was not found.",
            ),
            AuditError::StoreExists(name) => Self::service(
                "EventDataStoreAlreadyExistsException",
                400,
                format!("An event data store with the name {name} already exists."),
            ),
            AuditError::TooManyStores => Self::service(
                "EventDataStoreMaxLimitExceededException",
                400,
                "The account has the most event data stores that it can have in a Region.",
            ),
            AuditError::StoreProtected => Self::service(
                "EventDataStoreTerminationProtectedException",
                400,
                "The event data store cannot be deleted because termination protection is enabled for it.",
            ),
            AuditError::StoreInactive => Self::service(
                "InactiveEventDataStoreException",
                400,
                "The event data store is inactive: it is pending deletion.",
            ),
            AuditError::StoreNotDeleted => Self::service(
                "InvalidEventDataStoreStatusException",
                400,
                "The event data store is not in the status PENDING_DELETION.",
            ),
            AuditError::Unsupported(message) => Self::service("UnsupportedOperationException", 400, message),
            AuditError::InvalidParameter(message) => Self::service("InvalidParameterException", 400, message),
            AuditError::InvalidStatement(SqlError::Store(name)) => Self::service(
                "EventDataStoreNotFoundException",
                400,
                format!("The event data store {name} was not found."),
            ),
            AuditError::InvalidStatement(cause) => {
                Self::service("InvalidQueryStatementException", 400, cause.to_string())
            }
            AuditError::QueryNotFound => Self::service(
                "QueryIdNotFoundException",
                400,
                "The query ID does not exist or does not map to a query.",
            ),
            AuditError::QueryEnded => Self::service(
                "InactiveQueryException",
                400,
                "The query cannot be canceled because it is in a final state.",
            ),
            AuditError::TooManyQueries => Self::service(
                "MaxConcurrentQueriesException",
                400,
                "The account runs as many queries as it can run at the same time.",
            ),
            AuditError::InvalidDateRange => Self::service(
                "InvalidDateRangeException",
                400,
                "The start time must not be after the end time.",
            ),
            AuditError::TrailNotFound(name) => {
                Self::service("TrailNotFoundException", 400, format!("Unknown trail: {name}"))
            }
            AuditError::InvalidTrailName => {
                Self::service("InvalidTrailNameException", 400, "The trail must be given by its name or ARN.")
            }
            AuditError::NoInsights => Self::service(
                "InsightNotEnabledException",
                400,
                "CloudTrail Insights are not enabled: there are none.",
            ),
            AuditError::ResourceNotFound => {
                Self::service("ResourceNotFoundException", 400, "The specified resource is not found.")
            }
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
            | AuditError::StoredResult
            | AuditError::Random(_)
            | AuditError::DeadLetterTopic(_)
            | AuditError::KafkaSetting { .. }
            | AuditError::Webhook { .. }
            | AuditError::Setting { .. }) => Self::internal(error),
        }
    }
}

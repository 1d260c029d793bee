//! Errors as AWS answers them.
//!
//! What the caller sees (code, status, message) and what went wrong inside (the cause) are separate: the encoder can
//! reach only the former, and the cause is logged once, at the edge of the pipeline.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::protocol::Protocol;

/// Whose fault an error is, as the Query protocol tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's: the same request will fail again.
    Sender,
    /// Ours, or a dependency's: a retry may succeed.
    Receiver,
}

/// An error answer: what the caller may see, and a cause which they may not.
#[derive(Debug)]
pub struct ApiError {
    kind: Kind,
    message: Cow<'static, str>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug)]
enum Kind {
    Common(Common),
    Service { code: &'static str, status: u16 },
}

/// The errors which every service has; code and status depend on the protocol.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// No signature at all.
    MissingAuthenticationToken,
    /// A signature which lacks a part.
    IncompleteSignature,
    /// A signature which doesn't match, or whose time is too far off.
    InvalidSignature,
    /// An access key or session token which doesn't exist.
    UnknownAccessKey,
    /// A session token past its time.
    ExpiredToken,
    /// The policies don't allow it.
    AccessDenied,
    /// The account calls more often than its quota allows.
    Throttling,
    /// The input breaks a constraint.
    Validation,
    /// The body can't be parsed.
    Serialization,
    /// No such operation.
    UnknownOperation,
    /// The body is over the limit.
    RequestTooLarge,
    /// A dependency or the audit journal can't serve now.
    ServiceUnavailable,
    /// A bug, or a broken dependency.
    InternalFailure,
}

impl Common {
    /// Code and HTTP status in `protocol`.
    #[must_use]
    pub fn code(self, protocol: &Protocol) -> (&'static str, u16) {
        let json = matches!(protocol, Protocol::Json11 { .. });
        match self {
            Self::MissingAuthenticationToken if json => ("MissingAuthenticationTokenException", 400),
            Self::MissingAuthenticationToken => ("MissingAuthenticationToken", 403),
            Self::IncompleteSignature if json => ("IncompleteSignatureException", 400),
            Self::IncompleteSignature => ("IncompleteSignature", 400),
            Self::InvalidSignature if json => ("InvalidSignatureException", 400),
            Self::InvalidSignature => ("SignatureDoesNotMatch", 403),
            Self::UnknownAccessKey if json => ("UnrecognizedClientException", 400),
            Self::UnknownAccessKey => ("InvalidClientTokenId", 403),
            Self::ExpiredToken if json => ("ExpiredTokenException", 400),
            Self::ExpiredToken => ("ExpiredToken", 403),
            Self::AccessDenied if json => ("AccessDeniedException", 400),
            Self::AccessDenied => ("AccessDenied", 403),
            Self::Throttling if json => ("ThrottlingException", 400),
            Self::Throttling => ("Throttling", 400),
            Self::Validation if json => ("ValidationException", 400),
            Self::Validation => ("ValidationError", 400),
            Self::Serialization if json => ("SerializationException", 400),
            Self::Serialization => ("MalformedInput", 400),
            Self::UnknownOperation if json => ("UnknownOperationException", 400),
            Self::UnknownOperation => ("InvalidAction", 400),
            Self::RequestTooLarge => ("RequestEntityTooLargeException", 413),
            Self::ServiceUnavailable if json => ("ServiceUnavailableException", 503),
            Self::ServiceUnavailable => ("ServiceUnavailable", 503),
            Self::InternalFailure => ("InternalFailure", 500),
        }
    }
}

impl ApiError {
    /// One of the errors that every service has.
    pub fn common(kind: Common, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Common(kind), message: message.into(), cause: None }
    }

    /// An error of the service's own, with its code from the API reference.
    pub fn service(code: &'static str, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Service { code, status }, message: message.into(), cause: None }
    }

    /// `ValidationException` with this message.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::common(Common::Validation, message)
    }

    /// A failure which the caller can do nothing about; the cause goes to the log only.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::common(Common::InternalFailure, "an internal error occurred").caused_by(cause)
    }

    /// A dependency is away; the cause goes to the log only.
    pub fn unavailable(
        message: impl Into<Cow<'static, str>>,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::common(Common::ServiceUnavailable, message).caused_by(cause)
    }

    /// Adds what is to be logged.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Code and HTTP status in `protocol`.
    #[must_use]
    pub fn code(&self, protocol: &Protocol) -> (&'static str, u16) {
        match self.kind {
            Kind::Common(common) => common.code(protocol),
            Kind::Service { code, status } => (code, status),
        }
    }

    /// Whether it is this common error.
    #[must_use]
    pub fn is(&self, common: Common) -> bool {
        matches!(self.kind, Kind::Common(kind) if kind == common)
    }

    /// The text for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is logged, and never sent.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Common(common) => write!(f, "{common:?}: {}", self.message),
            Kind::Service { code, .. } => write!(f, "{code}: {}", self.message),
        }
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// An error with all its causes, for the log.
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_not_in_what_is_shown() {
        let error = ApiError::internal("password=hunter2");
        assert!(!error.to_string().contains("hunter2"));
        assert!(!error.message().contains("hunter2"));
        assert_eq!(error.cause().unwrap().to_string(), "password=hunter2");
    }
}

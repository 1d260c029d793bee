//! Why a call has no answer of use.

use keywright_sigv4::SigV4Error;
use thiserror::Error;

/// Why a call has no answer of use.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    /// The installation can't be reached.
    #[error("the installation cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A request can't be signed.
    #[error("a request cannot be signed")]
    Signing(#[source] SigV4Error),
    /// A request can't be written.
    #[error("a request of {operation} cannot be written")]
    Request { operation: String },
    /// An answer isn't what it should be.
    #[error("an answer to {operation} is not understood")]
    Answer { operation: String },
    /// A service refuses.
    #[error("{operation} was refused: {code}: {message}")]
    Refused { operation: String, code: String, message: String },
}

impl ApiError {
    /// Whether it says that something isn't there.
    pub(crate) fn is_absent(&self) -> bool {
        self.is_one_of(&["NoSuchEntity", "NotFoundException", "ParameterNotFound"])
    }

    /// Whether it says that there are as many as may be.
    pub(crate) fn is_limit(&self) -> bool {
        self.is_one_of(&["LimitExceeded"])
    }

    /// Whether the service did nothing, and may do it when it is asked again.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_one_of(&[
            "ThrottlingException",
            "TooManyUpdates",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ])
    }

    /// Whether it is unknown what the service has done.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Unreachable(cause) => !cause.is_connect(),
            Self::Answer { .. } => true,
            Self::Refused { code, .. } => code.starts_with("Internal"),
            Self::Signing(_) | Self::Request { .. } => false,
        }
    }

    fn is_one_of(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(&code.as_str()))
    }
}

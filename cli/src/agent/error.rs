//! Why the agent gives no credentials, and as what an SDK is told so.

use std::path::PathBuf;

use thiserror::Error;

/// Why there are no credentials.
#[derive(Debug, Error)]
pub(crate) enum AgentError {
    /// The request shows no token.
    #[error("the request has no Authorization header with a service-account token")]
    NoToken,
    /// What it shows is no token of a service account.
    #[error("the Authorization header is not a service-account token")]
    Token,
    /// No role is meant for the service account.
    #[error("no role is configured for the service account {0}")]
    NoRole(String),
    /// The file of roles can't be used.
    #[error("the file of roles {} cannot be used: {reason}", path.display())]
    RolesFile { path: PathBuf, reason: String },
    /// STS said no.
    #[error("{message}")]
    Refused { status: u16, code: String, message: String },
    /// STS gave no answer.
    #[error("STS cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// STS answered something else.
    #[error("the answer of STS is not understood")]
    Answer,
}

impl AgentError {
    /// The HTTP status and the code.
    pub(crate) fn code(&self) -> (u16, &str) {
        match self {
            Self::NoToken => (401, "MissingAuthenticationToken"),
            Self::Token => (400, "InvalidIdentityToken"),
            Self::NoRole(_) => (404, "ResourceNotFoundException"),
            Self::RolesFile { .. } | Self::Answer => (500, "InternalFailure"),
            Self::Refused { status, code, .. } => (*status, code),
            Self::Unreachable(_) => (503, "ServiceUnavailable"),
        }
    }
}

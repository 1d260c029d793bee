//! Why a file can't be applied.

use std::path::PathBuf;

use keywright_sigv4::SigV4Error;
use thiserror::Error;

/// Why a file can't be applied.
#[derive(Debug, Error)]
pub(crate) enum ApplyError {
    /// A file can't be read.
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    /// The file declares what can't be.
    #[error("the file is not understood")]
    Document(#[source] Box<toml::de::Error>),
    /// Something in it lacks a part.
    #[error("{what}: {lacks}")]
    Incomplete { what: String, lacks: &'static str },
    /// The installation can't be reached.
    #[error("the installation cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A request can't be signed.
    #[error("a request cannot be signed")]
    Signing(#[source] SigV4Error),
    /// An answer isn't what it should be.
    #[error("an answer to {operation} is not understood")]
    Answer { operation: String },
    /// A service refuses.
    #[error("{operation} was refused: {code}: {message}")]
    Refused { operation: String, code: String, message: String },
}

impl ApplyError {
    /// Whether it says that something isn't there.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { code, .. }
            if matches!(code.as_str(), "NoSuchEntity" | "NotFoundException" | "ParameterNotFound"))
    }

    /// Whether it says that there are as many as may be.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "LimitExceeded")
    }
}

/// Nothing, where something isn't there.
pub(super) fn present<T>(answer: Result<T, ApplyError>) -> Result<Option<T>, ApplyError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

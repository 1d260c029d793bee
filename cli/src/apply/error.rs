//! Why a file can't be applied.

use std::path::PathBuf;

use thiserror::Error;

use crate::api_client::ApiError;

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
    /// A call has no answer of use.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Nothing, where something isn't there.
pub(super) fn present<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

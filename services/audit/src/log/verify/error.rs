//! Why a log can't be checked; what is wrong with it is a [finding](super::Finding).

use std::error::Error;
use std::path::PathBuf;

use keywright_service::CallError;
use keywright_transparency_log::LogError;

/// Why a log can't be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no checkpoint yet.
    #[error("the log has no checkpoint yet")]
    NoCheckpoint,
    /// A text that was given can't be used.
    #[error("{what} cannot be used")]
    Given {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        cause: LogError,
    },
    /// A leaf that is asked for isn't in the log.
    #[error("the log has only {size} leaves")]
    Range {
        /// The size of the log.
        size: u64,
    },
    /// The service gave no answer, or refused.
    #[error("the audit service cannot be asked")]
    Call(#[from] CallError),
    /// A file of the log can't be fetched.
    #[error("{url} cannot be fetched")]
    Fetch {
        /// Its URL.
        url: String,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The service gave another answer than a file.
    #[error("{url} was answered with status {status}")]
    Status {
        /// The file's URL.
        url: String,
        /// The status.
        status: u16,
    },
    /// A file can't be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A file isn't what was exported.
    #[error("{} cannot be understood", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
    },
}

//! What can go wrong with files.

use std::path::PathBuf;

use keywright_service::CallError;
use keywright_store::{CommitError, StoreError};

/// Why files could not be written; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The database refused or is away.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// A file could not be written.
    #[error("a file of the trail cannot be written, path={}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// KMS does not sign.
    #[error("digest files cannot be signed")]
    Signing(#[source] CallError),
    /// The key is no RSA key.
    #[error("the key that signs digest files is no RSA key: its kind must be RSA_2048, RSA_3072 or RSA_4096")]
    Key,
    /// A stored record can't be read.
    #[error("a stored record cannot be read, block={block_id}")]
    Record {
        /// In which block.
        block_id: i64,
    },
    /// What was made can't be written as JSON.
    #[error("a file of the trail cannot be encoded")]
    Encoding(#[from] serde_json::Error),
}

impl From<CommitError> for TrailError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Self::Store(cause),
        }
    }
}

//! Why a service could not start or run.

use std::net::SocketAddr;

use keywright_audit_log::JournalError;
use keywright_store::StoreError;

use crate::config::SettingsError;

/// Why a service could not start or run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The configuration can't be used.
    #[error("the configuration cannot be used")]
    Settings(#[from] SettingsError),
    /// The database can't be reached or migrated.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The journal can't be opened.
    #[error("the audit journal cannot be used")]
    Journal(#[from] JournalError),
    /// The address can't be listened on.
    #[error("cannot listen, address={address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A secret file can't be read.
    #[error("cannot read the secret file, path={path}: {reason}")]
    SecretFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Something of the service's own.
    #[error(transparent)]
    Own(Box<dyn std::error::Error + Send + Sync>),
}

impl ServiceError {
    /// Wraps a service's own error.
    pub fn own(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own(error.into())
    }
}

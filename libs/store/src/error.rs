//! What can go wrong with the database, by whose fault, and whether trying again may help.

use std::path::PathBuf;

/// An error of the store. No variant carries a value of a row, a parameter or a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A setting that cannot work; the operator's to correct.
    #[error("setting {setting} {reason}")]
    Configuration {
        /// The setting's name in the configuration.
        setting: &'static str,
        /// What is wrong, and what to set.
        reason: &'static str,
    },
    /// A file that a setting names can't be read.
    #[error("can't read {setting} {}", path.display())]
    File {
        /// The setting's name in the configuration.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No agreement on a connection: the server's certificate was not acceptable, it has no TLS, or it wants a kind
    /// of login that we don't do.
    #[error("the handshake with the database server failed: {reason}")]
    Handshake {
        /// The TLS library's or the driver's reason; public facts only.
        reason: String,
    },
    /// The server refused the login: role, password, database or `pg_hba.conf`.
    #[error("the database server refused the login (sqlstate {sqlstate})")]
    LoginRefused {
        /// Class 28 or 3D.
        sqlstate: String,
    },
    /// There is no usable connection to the server now.
    #[error("the database is unavailable: {0}")]
    Unavailable(Unavailable),
    /// A row with this key is there already.
    #[error("unique constraint {constraint} violated")]
    UniqueViolation {
        /// The constraint's or unique index's name.
        constraint: String,
    },
    /// The row that this one refers to is missing, or rows still refer to it.
    #[error("foreign key constraint {constraint} violated")]
    ForeignKeyViolation {
        /// The constraint's name.
        constraint: String,
    },
    /// A check or exclusion constraint refused the row.
    #[error("check constraint {constraint} violated")]
    CheckViolation {
        /// The constraint's name.
        constraint: String,
    },
    /// A column that must have a value got none.
    #[error("column {column} must not be null")]
    NotNullViolation {
        /// The column's name.
        column: String,
    },
    /// Another transaction changed the same rows; the whole transaction may be run again.
    #[error("the transaction conflicts with another one")]
    SerializationFailure,
    /// The server broke a deadlock by ending this transaction; it may be run again.
    #[error("the transaction was ended to resolve a deadlock")]
    Deadlock,
    /// A lock was not to be had within the time allowed.
    #[error("a lock was not to be had in time")]
    LockTimeout,
    /// The statement ran longer than allowed, or was cancelled by an administrator.
    #[error("the statement was cancelled, probably by statement_timeout")]
    StatementCancelled,
    /// The role may not do this: the deployment's grants are wrong.
    #[error("the database role lacks a privilege (sqlstate {sqlstate})")]
    PermissionDenied {
        /// The code, 42501.
        sqlstate: String,
    },
    /// A query gave another number of rows than it must.
    #[error("expected {expected}, found {found} rows")]
    RowCount {
        /// What the caller asked for.
        expected: &'static str,
        /// What came.
        found: usize,
    },
    /// A parameter or a column doesn't have the Rust type that was asked for: a bug of ours.
    #[error("a parameter or column has another type than the code expects: {reason}")]
    Conversion {
        /// Types and positions, never a value.
        reason: String,
    },
    /// The server refused the statement for any other reason: a bug of ours, or a schema that is not ours.
    #[error("the database refused a statement (sqlstate {sqlstate}): {message}")]
    Refused {
        /// The SQLSTATE.
        sqlstate: String,
        /// The server's primary message where it can name identifiers only; else a note that it is withheld.
        message: String,
    },
    /// The schema's history and this build's migrations don't agree, or a migration failed.
    #[error("migration failed: {reason}")]
    Migration {
        /// Which, and why.
        reason: String,
        /// The database's answer, where it was one.
        source: Option<Box<StoreError>>,
    },
}

/// Why no connection is usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The server could not be reached.
    #[error("can't connect")]
    Connect,
    /// The connection broke.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The server did not answer in time.
    #[error("no answer in time")]
    NoAnswer,
    /// Every connection of the pool stayed in use for the time allowed.
    #[error("all connections are in use")]
    PoolExhausted,
    /// The server is starting, stopping, recovering or out of connections or memory.
    #[error("the server can't serve now")]
    ServerBusy,
    /// The server takes no writes: it is a standby, or its disk is full.
    #[error("the server takes no writes")]
    ReadOnly,
}

impl StoreError {
    /// Whether the same transaction, run again from its start, may succeed without anybody's doing.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::SerializationFailure | Self::Deadlock | Self::LockTimeout => true,
            Self::Migration { source, .. } => source.as_ref().is_some_and(|cause| cause.retryable()),
            Self::Configuration { .. }
            | Self::File { .. }
            | Self::Handshake { .. }
            | Self::LoginRefused { .. }
            | Self::UniqueViolation { .. }
            | Self::ForeignKeyViolation { .. }
            | Self::CheckViolation { .. }
            | Self::NotNullViolation { .. }
            | Self::StatementCancelled
            | Self::PermissionDenied { .. }
            | Self::RowCount { .. }
            | Self::Conversion { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// The violated unique constraint's name, if that is what this is.
    pub fn unique_violation(&self) -> Option<&str> {
        match self {
            Self::UniqueViolation { constraint } => Some(constraint),
            _ => None,
        }
    }
}

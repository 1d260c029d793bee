//! The one place where a Postgres error becomes a domain error: by SQLSTATE, never by message text.
//!
//! Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>

use std::error::Error as _;

use tokio_postgres::error::{DbError, SqlState};

use crate::{StoreError, Unavailable};

/// So that `row.try_get(..)?` and the like read well. The driver's error itself is dropped: its `DETAIL` quotes the
/// values of the offending row.
impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(db) = error.as_db_error() {
            return from_server(db);
        }
        if error.is_closed() {
            return Self::Unavailable(Unavailable::ConnectionLost);
        }
        match error.source() {
            Some(source) => match source.downcast_ref::<std::io::Error>() {
                Some(io) => from_io(io),
                // The driver's own texts: a type's name, a column's number.
                None => Self::Conversion { reason: format!("{error}: {source}") },
            },
            None => Self::Conversion { reason: error.to_string() },
        }
    }
}

/// An error before the connection was ready for use.
pub(crate) fn from_connecting(error: tokio_postgres::Error) -> StoreError {
    match StoreError::from(error) {
        // Before the first statement there is nothing to convert: the driver refused what the server offered.
        StoreError::Conversion { reason } => StoreError::Handshake { reason },
        StoreError::Unavailable(Unavailable::ConnectionLost) => StoreError::Unavailable(Unavailable::Connect),
        other => other,
    }
}

fn from_io(error: &std::io::Error) -> StoreError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => StoreError::Handshake { reason: tls.to_string() },
        None => StoreError::Unavailable(Unavailable::ConnectionLost),
    }
}

pub(crate) fn from_server(error: &DbError) -> StoreError {
    let code = error.code();
    let constraint = || error.constraint().unwrap_or_default().to_owned();
    match *code {
        SqlState::UNIQUE_VIOLATION => StoreError::UniqueViolation { constraint: constraint() },
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::ForeignKeyViolation { constraint: constraint() },
        SqlState::CHECK_VIOLATION | SqlState::EXCLUSION_VIOLATION => {
            StoreError::CheckViolation { constraint: constraint() }
        }
        SqlState::NOT_NULL_VIOLATION => {
            StoreError::NotNullViolation { column: error.column().unwrap_or_default().to_owned() }
        }
        SqlState::T_R_SERIALIZATION_FAILURE => StoreError::SerializationFailure,
        SqlState::T_R_DEADLOCK_DETECTED => StoreError::Deadlock,
        SqlState::LOCK_NOT_AVAILABLE => StoreError::LockTimeout,
        SqlState::QUERY_CANCELED => StoreError::StatementCancelled,
        SqlState::INSUFFICIENT_PRIVILEGE => StoreError::PermissionDenied { sqlstate: code.code().to_owned() },
        SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::DISK_FULL => {
            StoreError::Unavailable(Unavailable::ReadOnly)
        }
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => StoreError::Unavailable(Unavailable::ConnectionLost),
        _ => from_class(error),
    }
}

/// The codes whose first two characters say enough.
fn from_class(error: &DbError) -> StoreError {
    let sqlstate = error.code().code().to_owned();
    match sqlstate.get(..2) {
        Some("08") => StoreError::Unavailable(Unavailable::ConnectionLost),
        // 53: out of connections, memory; 57P: shutting down, starting up; 58: the server's own disk.
        Some("53" | "57" | "58") => StoreError::Unavailable(Unavailable::ServerBusy),
        Some("28" | "3D") => StoreError::LoginRefused { sqlstate },
        // 42: names of tables, columns, functions in our own static SQL. Elsewhere the message may quote a value.
        Some("42") => StoreError::Refused { sqlstate, message: error.message().to_owned() },
        _ => StoreError::Refused { sqlstate, message: "message withheld".to_owned() },
    }
}

//! A transaction that owns its connection, and what is known when a commit fails.

use std::ops::Deref;

use tokio_postgres::error::Severity;

use crate::{Connection, StoreError};

/// An open transaction, with the query methods of its [`Connection`]. Dropped without [`commit`](Self::commit), its
/// connection leaves the pool and is closed, so that the server rolls back.
///
/// A failed statement ends the transaction for good (there are no savepoints): the commit is then refused.
#[derive(Debug)]
pub struct Transaction(Connection);

impl Transaction {
    pub(crate) async fn begin(mut connection: Connection) -> Result<Self, StoreError> {
        // Before the statement: if we are dropped while it runs, the connection must not go back.
        connection.set_in_transaction(true);
        connection.batch("BEGIN").await?;
        Ok(Self(connection))
    }

    /// Sends a notification to `channel` when, and only if, this transaction commits. Other replicas get it through
    /// their [`ChangeListener`](crate::ChangeListener).
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement. A payload has at most 7999 bytes.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<(), StoreError> {
        self.execute("SELECT pg_notify($1, $2)", &[&channel, &payload]).await.map(|_| ())
    }

    /// Commits.
    ///
    /// # Errors
    /// [`CommitError::RolledBack`] when it is certain that nothing was changed, [`CommitError::Unknown`] when the
    /// connection was lost on the way.
    pub async fn commit(mut self) -> Result<(), CommitError> {
        if !self.0.is_sound() {
            return Err(CommitError::RolledBack(StoreError::Refused {
                sqlstate: IN_FAILED_TRANSACTION.to_owned(),
                message: "an earlier statement of the transaction failed or was given up".to_owned(),
            }));
        }
        if self.0.is_closed() {
            return Err(CommitError::RolledBack(StoreError::Unavailable(crate::Unavailable::ConnectionLost)));
        }
        match self.0.commit().await {
            Ok(()) => {
                self.0.set_in_transaction(false);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Rolls back and gives the connection back to the pool.
    ///
    /// # Errors
    /// When the connection is lost; the server rolls back by itself then.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        self.0.batch("ROLLBACK").await?;
        self.0.set_in_transaction(false);
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

/// A commit that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing was changed, for certain.
    #[error("the transaction was rolled back")]
    RolledBack(#[source] StoreError),
    /// The connection was lost before the answer: it may have committed. What is found in the database decides.
    #[error("it is unknown whether the transaction committed")]
    Unknown(#[source] StoreError),
}

impl CommitError {
    /// Whether it is certain that nothing was changed.
    pub fn is_rolled_back(&self) -> bool {
        match self {
            Self::RolledBack(_) => true,
            Self::Unknown(_) => false,
        }
    }

    /// What happened.
    pub fn cause(&self) -> &StoreError {
        match self {
            Self::RolledBack(cause) | Self::Unknown(cause) => cause,
        }
    }
}

/// Reads what the server's answer to COMMIT, or its absence, says about the outcome.
pub(crate) fn from_commit(error: tokio_postgres::Error) -> CommitError {
    // An ERROR answers the COMMIT itself: a deferred constraint, a serialization failure. FATAL and PANIC end the
    // session, perhaps after the commit took effect (while it waited for a standby, for one).
    let refused = error.as_db_error().and_then(|db| db.parsed_severity()) == Some(Severity::Error);
    let cause = StoreError::from(error);
    if refused { CommitError::RolledBack(cause) } else { CommitError::Unknown(cause) }
}

/// SQLSTATE `in_failed_sql_transaction`.
const IN_FAILED_TRANSACTION: &str = "25P02";

//! What one request changes, as the pipeline sees it.

use std::error::Error as StdError;
use std::future::Future;

use keywright_audit_log::Entry;
use uuid::Uuid;

use crate::error::ApiError;
use crate::operation::Call;

/// What a service's operations share.
pub trait ServiceState: Send + Sync + 'static {
    /// The change that one request may make.
    type Work: UnitOfWork;

    /// A unit of work which hasn't begun.
    fn work(&self) -> Self::Work;

    /// Counts a call of `operation` against the caller's quotas; there are none by default.
    ///
    /// # Errors
    /// [`Common::Throttling`](crate::Common::Throttling) when a quota is used up.
    fn admit(&self, _call: &Call, _operation: &'static str) -> Result<(), ApiError> {
        Ok(())
    }

    /// The record of a finished unit has reached the journal: its copy in the outbox can go.
    fn delivered(&self, event_id: Uuid);
}

/// A change which commits together with its audit record, or not at all.
///
/// An operation begins it; only the pipeline, which has the record, can finish it.
pub trait UnitOfWork: Send {
    /// Whether anything was begun, so that there is something to commit.
    fn is_begun(&self) -> bool;

    /// Writes the records into the outbox and commits all together.
    fn finish(self, records: &[Entry]) -> impl Future<Output = Result<(), WorkError>> + Send;

    /// Takes everything back.
    fn abandon(self) -> impl Future<Output = ()> + Send;
}

/// Why a unit of work didn't finish.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Nothing was changed.
    #[error("the change was rolled back")]
    RolledBack(#[source] Box<dyn StdError + Send + Sync>),
    /// The connection broke while it committed. If it did, so did its record.
    #[error("it is not known whether the change was committed")]
    Unknown(#[source] Box<dyn StdError + Send + Sync>),
}

/// For services that change nothing.
pub struct NoWork;

impl UnitOfWork for NoWork {
    fn is_begun(&self) -> bool {
        false
    }

    async fn finish(self, _records: &[Entry]) -> Result<(), WorkError> {
        Ok(())
    }

    async fn abandon(self) {}
}

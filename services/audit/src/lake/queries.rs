//! A query, as it is kept.

use time::OffsetDateTime;
use uuid::Uuid;

keywright_aws_api::wire_enum! {
    /// How far a query is.
    pub enum Status {
        /// It waits for others.
        Queued = "QUEUED",
        /// It runs.
        Running = "RUNNING",
        /// Its result is there.
        Finished = "FINISHED",
        /// It has none.
        Failed = "FAILED",
        /// Somebody ended it.
        Cancelled = "CANCELLED",
        /// It took longer than it may.
        TimedOut = "TIMED_OUT",
    }
}

/// A query.
#[derive(Clone, Debug)]
pub struct Query {
    /// Its id.
    pub id: Uuid,
    /// The stores that it reads.
    pub stores: Vec<Uuid>,
    /// The statement, as it came.
    pub statement: String,
    /// The names of the result's columns.
    pub columns: Vec<String>,
    /// How far it is.
    pub status: Status,
    /// Why it failed.
    pub error: Option<String>,
    /// When it came.
    pub created_at: OffsetDateTime,
    /// For how long it has run.
    pub run_ms: Option<i64>,
    /// How many rows its result has.
    pub rows: i64,
}

/// How the statement of a query shows in Postgres.
#[must_use]
pub fn statement_name(id: Uuid) -> String {
    format!("keywright query {id}")
}

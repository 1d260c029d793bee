//! One pooled connection: queries whose statements are prepared once, bounded in time.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::metrics::Gauged;
use crate::transaction::from_commit;
use crate::{CommitError, StoreError, Unavailable};

/// A connection of the pool. Back in the pool when dropped, unless its state is not known then: an open
/// transaction, or a statement whose answer nobody waited for. Such a one is closed.
///
/// A [`Transaction`](crate::Transaction) dereferences to this, so that a finder takes `&Connection` and serves both.
pub struct Connection {
    /// There until dropped.
    object: Option<Object>,
    answer_within: Duration,
    /// Statements sent whose outcome was not seen; those that were given up on stay counted.
    unanswered: AtomicUsize,
    failed: AtomicBool,
    in_transaction: bool,
    _in_use: Gauged,
}

impl Connection {
    pub(crate) fn new(object: Object, answer_within: Duration, in_use: Gauged) -> Self {
        Self {
            object: Some(object),
            answer_within,
            unanswered: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            in_transaction: false,
            _in_use: in_use,
        }
    }

    /// All rows of a query. The statement is prepared once for each connection and kept: `sql` must be static text.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let object = self.object()?;
        self.answered(async {
            let statement = object.prepare_cached(sql).await?;
            object.query(&statement, parameters).await
        })
        .await
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// [`StoreError::RowCount`] when there is none or more than one; else any of a statement.
    pub async fn query_one(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Row, StoreError> {
        let mut rows = self.query(sql, parameters).await?;
        match (rows.len(), rows.pop()) {
            (1, Some(row)) => Ok(row),
            (found, _) => Err(StoreError::RowCount { expected: "one row", found }),
        }
    }

    /// The row of a query that may have one.
    ///
    /// # Errors
    /// [`StoreError::RowCount`] when there is more than one; else any of a statement.
    pub async fn query_opt(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        let mut rows = self.query(sql, parameters).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            found => Err(StoreError::RowCount { expected: "at most one row", found }),
        }
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn execute(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let object = self.object()?;
        self.answered(async {
            let statement = object.prepare_cached(sql).await?;
            object.execute(&statement, parameters).await
        })
        .await
    }

    /// Runs `COPY ... FROM STDIN (FORMAT binary)` with rows of these types, and says how many there were. It is the
    /// fastest way in, and knows no `ON CONFLICT`: one row that is refused refuses all.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn copy_in<const N: usize>(
        &self,
        sql: &str,
        types: &[Type; N],
        rows: impl Iterator<Item = [&(dyn ToSql + Sync); N]> + Send,
    ) -> Result<u64, StoreError> {
        let object = self.object()?;
        self.answered(async {
            let statement = object.prepare_cached(sql).await?;
            let sink = object.copy_in(&statement).await?;
            let writer = BinaryCopyInWriter::new(sink, types);
            tokio::pin!(writer);
            for row in rows {
                writer.as_mut().write(&row).await?;
            }
            writer.finish().await
        })
        .await
    }

    /// Runs statements without parameters, without preparing them.
    pub(crate) async fn batch(&self, sql: &str) -> Result<(), StoreError> {
        let object = self.object()?;
        self.answered(object.batch_execute(sql)).await
    }

    /// Sends COMMIT; tells apart what its failure means.
    pub(crate) async fn commit(&self) -> Result<(), CommitError> {
        let object = self.object().map_err(CommitError::RolledBack)?;
        self.unanswered.fetch_add(1, Ordering::AcqRel);
        let Ok(outcome) = tokio::time::timeout(self.answer_within, object.batch_execute("COMMIT")).await
        else {
            return Err(CommitError::Unknown(StoreError::Unavailable(Unavailable::NoAnswer)));
        };
        self.unanswered.fetch_sub(1, Ordering::AcqRel);
        outcome.map_err(from_commit)
    }

    /// Marks the connection as inside a transaction, or outside of one again.
    pub(crate) fn set_in_transaction(&mut self, in_transaction: bool) {
        self.in_transaction = in_transaction;
    }

    /// Whether every statement was answered and none failed: else the server has given the transaction up, and its
    /// COMMIT would roll back without an error.
    pub(crate) fn is_sound(&self) -> bool {
        self.unanswered.load(Ordering::Acquire) == 0 && !self.failed.load(Ordering::Acquire)
    }

    /// Whether the connection is known to be gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.object.as_ref().is_none_or(|object| object.is_closed())
    }

    /// The driver's own client, for the migrations. The connection doesn't return to the pool after this.
    pub(crate) fn client_for_good(&mut self) -> Result<&mut Client, StoreError> {
        self.in_transaction = true;
        match &mut self.object {
            Some(object) => Ok(object),
            None => Err(StoreError::Unavailable(Unavailable::ConnectionLost)),
        }
    }

    fn object(&self) -> Result<&Object, StoreError> {
        self.object.as_ref().ok_or(StoreError::Unavailable(Unavailable::ConnectionLost))
    }

    /// Waits for an outcome, in bounded time, and keeps account of it.
    async fn answered<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        self.unanswered.fetch_add(1, Ordering::AcqRel);
        let Ok(outcome) = tokio::time::timeout(self.answer_within, statement).await else {
            return Err(StoreError::Unavailable(Unavailable::NoAnswer));
        };
        if outcome.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        self.unanswered.fetch_sub(1, Ordering::AcqRel);
        Ok(outcome?)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let unknown = self.in_transaction || self.unanswered.load(Ordering::Acquire) > 0;
        if let Some(object) = self.object.take()
            && unknown
        {
            // Out of the pool and closed: the server rolls back whatever was open.
            drop(Object::take(object));
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("in_transaction", &self.in_transaction).finish_non_exhaustive()
    }
}

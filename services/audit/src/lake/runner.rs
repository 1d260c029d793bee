//! Runs queries.
//!
//! Each has a connection of its own, which is closed behind it, and a transaction that is read-only and of a role that
//! sees nothing but one account's events ([`sql`](super::sql) says what can be in a statement at all). Time, memory, rows
//! and bytes are bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keywright_aws_api::{AccountId, Clock};
use keywright_store::types::ToSql;
use keywright_store::{CommitError, Store, StoreError, Transaction};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use super::queries::{Status, statement_name};
use super::store::queries;
use crate::config::LakeSection;

/// A query to be run.
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// Whose events it sees.
    pub account: AccountId,
    /// The translated statement.
    pub sql: String,
}

/// Where queries are handed in.
#[derive(Clone)]
pub struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    is_ready: Arc<AtomicBool>,
}

/// What runs them.
pub struct Runner {
    shared: Arc<Shared>,
    jobs: mpsc::UnboundedReceiver<Job>,
    is_ready: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

struct Shared {
    /// The service's own connections.
    store: Store,
    /// Those of queries.
    statements: Store,
    limits: LakeSection,
    role: String,
    places: Semaphore,
}

/// Why a query has no result.
enum Failure {
    Store(StoreError),
    TooLong,
    TooMuch(String),
    /// It isn't to be run any more.
    Ended,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Queue {
    /// Hands in a query whose row is there.
    pub fn push(&self, job: Job) {
        // Without a runner the service is about to end, and the next one fails the query.
        _ = self.jobs.send(job);
    }

    /// Whether queries can be run: whether the database has their role.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }
}

impl Runner {
    /// Runs queries by connections of `statements`, as `role`.
    pub fn new(
        store: Store,
        statements: Store,
        role: String,
        limits: LakeSection,
        clock: Arc<dyn Clock>,
    ) -> (Queue, Self) {
        let (sender, jobs) = mpsc::unbounded_channel();
        let is_ready = Arc::new(AtomicBool::new(false));
        let queue = Queue { jobs: sender, is_ready: Arc::clone(&is_ready) };
        let places = Semaphore::new(limits.concurrent_queries);
        let shared = Arc::new(Shared { store, statements, limits, role, places });
        (queue, Self { shared, jobs, is_ready, clock })
    }

    /// Readies the role, before the first query comes.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement. Without the role no queries are run, which is no error.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.sweep().await?;
        if !self.is_ready.load(Ordering::Relaxed) {
            let role = &self.shared.role;
            tracing::warn!(role, "the database has no such role for this one: no queries are run");
        }
        Ok(())
    }

    /// Runs what comes, and sweeps what others have left, until it is aborted.
    pub async fn run(mut self) {
        let mut running = tokio::task::JoinSet::new();
        let mut sweeping = tokio::time::interval(SWEEP_INTERVAL);
        loop {
            tokio::select! {
                job = self.jobs.recv() => match job {
                    Some(job) => {
                        let shared = Arc::clone(&self.shared);
                        running.spawn(async move { shared.run(job).await });
                    }
                    None => return,
                },
                _ = running.join_next(), if !running.is_empty() => {}
                _ = sweeping.tick() => {
                    if let Err(error) = self.sweep().await {
                        tracing::warn!(%error, "queries could not be swept");
                    }
                }
            }
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let transaction = self.shared.store.begin().await?;
        queries::sweep(&transaction, self.clock.now()).await?;
        if !self.is_ready.load(Ordering::Relaxed) {
            let role: &(dyn ToSql + Sync) = &self.shared.role;
            let ready = transaction.query_one("SELECT ready_lake_role($1::text::name)", &[role]).await?;
            self.is_ready.store(ready.try_get(0)?, Ordering::Relaxed);
        }
        commit(transaction).await
    }
}

async fn commit(transaction: Transaction) -> Result<(), StoreError> {
    transaction.commit().await.map_err(|error| match error {
        CommitError::RolledBack(cause) | CommitError::Unknown(cause) => cause,
    })
}

impl Shared {
    async fn run(&self, job: Job) {
        let id = job.id;
        let outcome = tokio::select! {
            outcome = self.in_turn(job) => outcome,
            lost = self.keep_lease(id) => Err(lost),
        };
        if matches!(outcome, Err(Failure::Ended | Failure::TooLong)) {
            // Its connection is given up, but that alone ends no statement.
            self.cancel_statement(id).await;
        }
        let (status, error, rows) = match outcome {
            Ok(rows) => (Status::Finished, None, rows),
            Err(Failure::Ended) => (Status::Cancelled, None, 0),
            Err(Failure::TooLong) => {
                let seconds = self.limits.query_timeout_seconds;
                (Status::TimedOut, Some(format!("the query took longer than {seconds} seconds")), 0)
            }
            Err(Failure::TooMuch(message)) => (Status::Failed, Some(message), 0),
            Err(Failure::Store(StoreError::StatementCancelled)) => {
                let seconds = self.limits.query_timeout_seconds;
                (Status::TimedOut, Some(format!("the query took longer than {seconds} seconds")), 0)
            }
            Err(Failure::Store(error)) => (Status::Failed, Some(told(&error)), 0),
        };
        if let Err(error) = self.end(id, status, error.as_deref(), rows).await {
            // Its lease ends, and then a sweep fails it.
            tracing::warn!(%error, query = %id, "the end of a query could not be noted");
        }
    }

    async fn cancel_statement(&self, id: Uuid) {
        let cancelled = match self.store.connection().await {
            Ok(connection) => queries::cancel_statement(&connection, id).await,
            Err(error) => Err(error),
        };
        if let Err(error) = cancelled {
            tracing::warn!(%error, query = %id, "a query's statement could not be cancelled");
        }
    }

    async fn end(&self, id: Uuid, status: Status, error: Option<&str>, rows: i64) -> Result<(), StoreError> {
        let transaction = self.store.begin().await?;
        queries::end(&transaction, id, status, error, rows).await?;
        commit(transaction).await
    }

    /// Ends only when the query is not to be run any more.
    async fn keep_lease(&self, id: Uuid) -> Failure {
        loop {
            tokio::time::sleep(RENEWAL_INTERVAL).await;
            let renewed = match self.store.connection().await {
                Ok(connection) => queries::renew(&connection, id).await,
                Err(error) => Err(error),
            };
            match renewed {
                Ok(true) => {}
                Ok(false) => return Failure::Ended,
                Err(error) => tracing::warn!(%error, query = %id, "a query's lease could not be renewed"),
            }
        }
    }

    async fn in_turn(&self, job: Job) -> Result<i64, Failure> {
        let _place = self.places.acquire().await.map_err(|_| Failure::Ended)?;
        let connection = self.store.connection().await?;
        if !queries::begin(&connection, job.id).await? {
            return Err(Failure::Ended);
        }
        drop(connection);
        let limit = Duration::from_secs(self.limits.query_timeout_seconds);
        match tokio::time::timeout(limit, self.execute(&job)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TooLong),
        }
    }

    async fn execute(&self, job: &Job) -> Result<i64, Failure> {
        // Dropped without an end, so that its connection is closed and not used again.
        let reading = self.statements.begin().await?;
        self.confine(&reading, job).await?;
        let declare = format!("DECLARE lake NO SCROLL CURSOR FOR {}", job.sql);
        reading.execute(&declare, &[&job.account.as_str()]).await?;
        let (mut known, mut bytes) = (0_i64, 0_usize);
        loop {
            let rows = reading.query(FETCH, &[]).await?;
            if rows.is_empty() {
                return Ok(known);
            }
            let rows = rows.iter().map(|row| row.try_get::<_, String>(0)).collect::<Result<Vec<_>, _>>();
            let rows = rows.map_err(StoreError::from)?;
            bytes += rows.iter().map(String::len).sum::<usize>();
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            self.bound(known + count, bytes)?;
            let writing = self.store.begin().await?;
            if !queries::renew(&writing, job.id).await? {
                return Err(Failure::Ended);
            }
            queries::add_results(&writing, job.id, known, &rows).await?;
            commit(writing).await?;
            known += count;
        }
    }

    /// What holds for the rest of the transaction.
    async fn confine(&self, reading: &Transaction, job: &Job) -> Result<(), StoreError> {
        let memory = format!("{}MB", self.limits.work_memory_mb);
        reading
            .query(
                include_str!("store/sql/confine.sql"),
                &[&job.account.as_str(), &statement_name(job.id), &memory],
            )
            .await?;
        reading.execute("SET TRANSACTION READ ONLY", &[]).await?;
        // The last: as this role nothing of it can be taken back but by statements that aren't translated.
        reading.execute(&format!("SET LOCAL ROLE {}", quoted(&self.role)), &[]).await?;
        Ok(())
    }

    fn bound(&self, rows: i64, bytes: usize) -> Result<(), Failure> {
        let (most_rows, most_megabytes) = (self.limits.max_result_rows, self.limits.max_result_mb);
        if rows > most_rows {
            return Err(Failure::TooMuch(format!("the result has more than {most_rows} rows: add a LIMIT")));
        }
        if bytes > most_megabytes * MEGABYTE {
            let message = format!("the result has more than {most_megabytes} MB: select less");
            return Err(Failure::TooMuch(message));
        }
        Ok(())
    }
}

/// What the caller is told of an error of the database.
fn told(error: &StoreError) -> String {
    match error {
        StoreError::Refused { sqlstate, message }
            if ["22", "42", "54", "53"].contains(&class_of(sqlstate)) =>
        {
            format!("the query cannot be run (sqlstate {sqlstate}): {message}")
        }
        StoreError::Unavailable(_) => "the database was not available".to_owned(),
        _ => "the query could not be run".to_owned(),
    }
}

fn class_of(sqlstate: &str) -> &str {
    sqlstate.get(..2).unwrap_or_default()
}

fn quoted(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}

const FETCH: &str = "FETCH FORWARD 64 FROM lake";
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
const RENEWAL_INTERVAL: Duration = Duration::from_secs(5);
const MEGABYTE: usize = 1_024 * 1_024;

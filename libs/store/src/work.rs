//! What one request may change, and how it ends.

use std::fmt;

use crate::outbox::{self, OutboxEntry};
use crate::{CommitError, Store, StoreError, Transaction, Unavailable};

/// What one request may change. The transaction begins at the first [`transaction`](Self::transaction), so that a
/// request which only reads caches opens none. The request pipeline, not the operation, ends it: with
/// [`finish`](Self::finish), which needs the audit record, or with [`abandon`](Self::abandon).
pub struct Work {
    store: Store,
    transaction: Option<Transaction>,
    hooks: Vec<(When, Hook)>,
}

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Committed,
    PerhapsCommitted,
}

type Hook = Box<dyn FnOnce() + Send>;

impl Work {
    /// No transaction yet.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), transaction: None, hooks: Vec::new() }
    }

    /// The request's transaction, begun now if this is the first time.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn transaction(&mut self) -> Result<&mut Transaction, StoreError> {
        match self.transaction {
            Some(ref mut transaction) => Ok(transaction),
            None => Ok(self.transaction.insert(self.store.begin().await?)),
        }
    }

    /// Runs `hook` right after a successful commit, in the order of these calls. Never run when the transaction did not
    /// certainly commit.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push((When::Committed, Box::new(hook)));
    }

    /// The same, also when it can't be told whether the transaction committed: to drop from this replica's caches what the
    /// change made stale, or may have.
    pub fn unless_rolled_back(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push((When::PerhapsCommitted, Box::new(hook)));
    }

    /// Whether there is a transaction, and so a change that needs its record in the outbox.
    pub fn is_begun(&self) -> bool {
        self.transaction.is_some()
    }

    /// Writes the audit record into the outbox, commits both together, and runs the hooks. Goes on to the end even
    /// if the caller is dropped meanwhile (a client that hangs up), so that a commit never misses its hooks.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn finish(self, record: OutboxEntry) -> Result<(), CommitError> {
        match tokio::spawn(self.run_to_end(record)).await {
            Ok(outcome) => outcome,
            // A hook panicked, or the runtime is going down.
            Err(_) => Err(CommitError::Unknown(StoreError::Unavailable(Unavailable::NoAnswer))),
        }
    }

    /// Rolls back. The hooks don't run.
    pub async fn abandon(self) {
        if let Some(transaction) = self.transaction
            && let Err(error) = transaction.rollback().await
        {
            tracing::debug!(%error, "a rollback was left to the server");
        }
    }

    async fn run_to_end(mut self, record: OutboxEntry) -> Result<(), CommitError> {
        let transaction = match self.transaction.take() {
            Some(transaction) => transaction,
            None => self.store.begin().await.map_err(CommitError::RolledBack)?,
        };
        outbox::insert(&transaction, &record).await.map_err(CommitError::RolledBack)?;
        let outcome = transaction.commit().await;
        for (when, hook) in self.hooks {
            match (&outcome, when) {
                (Ok(()), _) | (Err(CommitError::Unknown(_)), When::PerhapsCommitted) => hook(),
                (Err(CommitError::Unknown(_)), When::Committed)
                | (Err(CommitError::RolledBack(_)), When::Committed | When::PerhapsCommitted) => {}
            }
        }
        outcome
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("begun", &self.is_begun()).field("hooks", &self.hooks.len()).finish()
    }
}

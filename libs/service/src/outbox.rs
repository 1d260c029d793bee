//! The outbox's two tasks: forgetting what the journal has, and handing over what a crash left behind.

use std::time::Duration;

use keywright_audit_log::{Entry, Journal, Record};
use keywright_aws_api::ApiError;
use keywright_store::{Store, StoreError, Transaction, outbox};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::tasks::Tasks;
use crate::work::{PostgresWork, journal_entry, outbox_entry};

/// The audit records of changes, on their way from the database to the journal.
#[derive(Clone)]
pub struct Outbox {
    store: Store,
    journal: Journal,
    delivered: mpsc::UnboundedSender<Uuid>,
}

/// The ids of records that have reached the journal, for [`Outbox::run`].
pub(crate) type Delivered = mpsc::UnboundedReceiver<Uuid>;

/// The outbox's running tasks; they end when this is dropped.
pub(crate) struct OutboxTasks {
    stop: oneshot::Sender<()>,
    forgotten: oneshot::Receiver<()>,
    _tasks: Tasks,
}

impl OutboxTasks {
    /// Forgets what is delivered, so that the next start doesn't hand it over once more, and ends.
    pub(crate) async fn stop(self) {
        let Self { stop, forgotten, _tasks } = self;
        // The task may have ended already, and then there is nothing to wait for.
        let _ = stop.send(());
        if tokio::time::timeout(FORGET_TIME_LIMIT, forgotten).await.is_err() {
            tracing::info!("delivered records stay in the outbox; the next start hands them over once more");
        }
    }
}

impl Outbox {
    /// Hands over what the last run left behind, whatever its age, before any new request writes a row.
    pub(crate) async fn open(store: &Store, journal: &Journal) -> (Self, Delivered) {
        sweep(store, journal, Duration::ZERO).await;
        let (sender, delivered) = mpsc::unbounded_channel();
        (Self { store: store.clone(), journal: journal.clone(), delivered: sender }, delivered)
    }

    /// Starts the two tasks.
    pub(crate) fn run(&self, delivered: Delivered) -> OutboxTasks {
        let (stop, stopped) = oneshot::channel();
        let (ended, forgotten) = oneshot::channel();
        let mut tasks = Tasks::default();
        tasks.keep(tokio::spawn(forget_delivered(self.store.clone(), delivered, stopped, ended)));
        tasks.keep(tokio::spawn(keep_sweeping(self.store.clone(), self.journal.clone())));
        OutboxTasks { stop, forgotten, _tasks: tasks }
    }

    /// A unit of work for one request.
    #[must_use]
    pub fn work(&self) -> PostgresWork {
        PostgresWork::new(&self.store)
    }

    /// The record has reached the journal: its row can go.
    pub fn delivered(&self, event_id: Uuid) {
        // The receiver ends only when the service does; what isn't forgotten now is swept at the next start.
        let _ = self.delivered.send(event_id);
    }

    /// Commits a change that no request asked for (a deletion that fell due, a key made on first use), together with
    /// its record, and hands the record to the journal.
    ///
    /// # Errors
    /// [`ApiError`] when it was not, or may not have been, committed.
    pub async fn commit_event(&self, transaction: Transaction, record: &Record<'_>) -> Result<(), ApiError> {
        let entry = entry_of(record)?;
        outbox::insert(&transaction, &outbox_entry(&entry)).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        self.deliver(entry).await;
        Ok(())
    }

    /// Writes the record of what a request's change brings about by itself (a rotation) into the request's own
    /// transaction, and hands it to the journal once that is committed.
    ///
    /// # Errors
    /// [`ApiError`] when it can't be written; then the request's change isn't to be committed.
    pub async fn add_event(&self, work: &mut PostgresWork, record: &Record<'_>) -> Result<(), ApiError> {
        let entry = entry_of(record)?;
        let transaction = work.transaction().await.map_err(refused)?;
        outbox::insert(transaction, &outbox_entry(&entry)).await.map_err(refused)?;
        let outbox = self.clone();
        work.after_commit(move || {
            // Should the process end before that, the sweeper hands it over.
            tokio::spawn(async move { outbox.deliver(entry).await });
        });
        Ok(())
    }

    async fn deliver(&self, entry: Entry) {
        let event_id = entry.event_id;
        match self.journal.append(entry).await {
            Ok(_position) => self.delivered(event_id),
            Err(error) => {
                tracing::warn!(%event_id, %error, "the outbox keeps a record that the journal refused")
            }
        }
    }
}

fn entry_of(record: &Record<'_>) -> Result<Entry, ApiError> {
    let payload = record.to_json().map_err(ApiError::internal)?;
    let key = record.resources.first().map_or(record.recipient_account_id, |resource| resource.arn);
    Ok(Entry::new(record.event_id, key.to_owned(), payload))
}

fn refused(cause: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::unavailable("the change could not be stored", cause)
}

async fn forget_delivered(
    store: Store,
    mut delivered: Delivered,
    mut stopped: oneshot::Receiver<()>,
    ended: oneshot::Sender<()>,
) {
    let mut batch = Vec::new();
    loop {
        let received = tokio::select! {
            biased;
            _ = &mut stopped, if !delivered.is_closed() => {
                // What was sent until now is still received.
                delivered.close();
                continue;
            }
            received = delivered.recv_many(&mut batch, FORGET_BATCH) => received,
        };
        if received == 0 {
            break;
        }
        if let Err(error) = outbox::forget(&store, &batch).await {
            tracing::warn!(%error, rows = batch.len(), "delivered records stay in the outbox for the sweeper");
        }
        batch.clear();
    }
    // Nobody may be waiting for it.
    let _ = ended.send(());
}

/// Hands over all that is at least `older_than` old.
async fn sweep(store: &Store, journal: &Journal, older_than: Duration) {
    loop {
        match sweep_once(store, journal, older_than).await {
            Ok(swept) if swept == SWEEP_BATCH as usize => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be swept");
                return;
            }
        }
    }
}

async fn keep_sweeping(store: Store, journal: Journal) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        sweep(&store, &journal, SWEEP_AGE).await;
    }
}

/// Hands over one batch of left-behind records; says how many.
async fn sweep_once(store: &Store, journal: &Journal, older_than: Duration) -> Result<usize, StoreError> {
    let claim = outbox::claim(store, older_than, SWEEP_BATCH).await?;
    let entries = claim.entries();
    let count = entries.len();
    if count == 0 {
        claim.release().await;
        return Ok(0);
    }
    for entry in entries {
        if let Err(error) = journal.append(journal_entry(entry)).await {
            tracing::warn!(%error, "the journal refused a record from the outbox");
            claim.release().await;
            return Ok(0);
        }
    }
    tracing::info!(count, "records of a former run were handed over from the outbox");
    claim.forget().await.map_err(|error| match error {
        keywright_store::CommitError::RolledBack(cause) | keywright_store::CommitError::Unknown(cause) => {
            cause
        }
    })?;
    Ok(count)
}

const FORGET_BATCH: usize = 512;
const FORGET_TIME_LIMIT: Duration = Duration::from_secs(2);
const SWEEP_BATCH: u32 = 500;
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Younger rows are still on their way through the request that wrote them.
const SWEEP_AGE: Duration = Duration::from_secs(30);

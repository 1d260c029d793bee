//! What the conformance suite needs of a source, and a consumer on it.

use std::sync::Arc;

use keywright_audit::consumer::{Consumer, LogKey, ReadEntry, Settler, SourceOpener};
use keywright_audit::store::positions::Positions;
use keywright_audit_log::{Entry, SourceBatch};
use keywright_aws_api::SystemClock;
use keywright_store::Store;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) trait Rig {
    /// Makes entries durable on their way to the source.
    async fn produce(&self, entries: Vec<Entry>);

    /// Opens the source.
    fn opener(&self, positions: Positions) -> SourceOpener;
}

pub(crate) fn settler(store: &Store) -> Settler {
    Settler::new(store.clone(), Arc::new(SystemClock), LogKey::default(), Arc::new(Notify::new()))
}

/// What a batch holds, as a settler takes it.
pub(crate) fn read(batch: &SourceBatch) -> Vec<ReadEntry> {
    let now = OffsetDateTime::now_utc();
    batch.entries.iter().map(|entry| ReadEntry::new(entry.clone(), now)).collect()
}

pub(crate) async fn consumer(rig: &impl Rig, store: &Store) -> Consumer {
    let opener = rig.opener(Positions(store.clone()));
    Consumer::open(opener, settler(store), 50).await.unwrap()
}

/// A consumer that runs until the value is dropped.
pub(crate) struct Running(JoinHandle<()>);

pub(crate) async fn run(rig: &impl Rig, store: &Store) -> Running {
    Running(tokio::spawn(consumer(rig, store).await.run()))
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

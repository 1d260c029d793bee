//! Stores entries, and settles their positions in the same transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_audit_log::{SourcePosition, SourcedEntry};
use keywright_aws_api::Clock;
use keywright_store::{Store, StoreError};
use time::OffsetDateTime;
use tokio::sync::{Notify, watch};

use super::block_ids::BlockIds;
use super::chain;
use super::log_key::LogKey;
use super::metrics::METRICS;
use super::partitions::KnownDays;
use super::read_entry::ReadEntry;
use crate::domain::block::blocks_of;
use crate::domain::event::Event;
use crate::domain::indexed_text::indexed;
use crate::error::AuditError;
use crate::notifications::Targets;
use crate::store;
use crate::store::dead_letters::DeadLetter;
use crate::store::events::Block;
use crate::store::notifications::NewNotification;

/// Stores entries as events or dead letters, each exactly once however often it comes.
pub struct Settler {
    store: Store,
    clock: Arc<dyn Clock>,
    known_days: KnownDays,
    block_ids: BlockIds,
    log_key: LogKey,
    dead_letters: Arc<Notify>,
    notifications: Option<(Targets, watch::Sender<()>)>,
}

/// What became of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Events that were not there yet.
    pub stored: u64,
    /// Events that were.
    pub duplicates: u64,
    /// Entries that are no events.
    pub dead_letters: u64,
}

impl Settler {
    /// A settler on this database. `log_key` tells the transparency log's own signing apart; `dead_letters` is notified when
    /// there are new ones.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, log_key: LogKey, dead_letters: Arc<Notify>) -> Self {
        let (known_days, block_ids) = (KnownDays::default(), BlockIds::default());
        Self { store, clock, known_days, block_ids, log_key, dead_letters, notifications: None }
    }

    /// The same, which stores what these targets are to be told, and then says by `news` that there is something.
    #[must_use]
    pub fn with_notifications(self, targets: Targets, news: watch::Sender<()>) -> Self {
        let notifications = (!targets.is_empty()).then_some((targets, news));
        Self { notifications, ..self }
    }

    /// The time that entries arrive at.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Stores all of these entries, which are in order for each source. Where the database is away, it is waited for;
    /// where it refuses an entry for what the entry holds, that one becomes a dead letter, and the others are stored.
    pub async fn settle(&mut self, entries: &mut [ReadEntry]) -> Settled {
        let mut settled = Settled::default();
        let mut pause = FIRST_PAUSE;
        // The next part is the last here. Parts are settled in order, since positions go forward only.
        let mut parts = parts_by_size(entries);
        parts.reverse();
        while let Some(part) = parts.pop() {
            match self.store_part(part).await {
                Ok(done) => {
                    settled.add(done);
                    pause = FIRST_PAUSE;
                    continue;
                }
                Err(AuditError::Store(error)) if is_about_the_rows(&error) => {
                    // It may be that the partition of a day has been dropped.
                    self.known_days.forget();
                    if part.len() > 1 {
                        parts.extend(halves(part));
                        continue;
                    }
                    match self.bury_refused(part).await {
                        Ok(done) => {
                            settled.add(done);
                            continue;
                        }
                        Err(error) => log_failure(&error),
                    }
                }
                Err(AuditError::Store(StoreError::StatementCancelled)) if part.len() > 1 => {
                    // It took too long: a smaller part may not.
                    parts.extend(halves(part));
                    continue;
                }
                Err(error) => log_failure(&error),
            }
            parts.push(part);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        settled
    }

    /// Tries the one entry again that was refused for what it holds, and if it is refused again, makes it a dead letter.
    async fn bury_refused(&mut self, part: &mut [ReadEntry]) -> Result<Settled, AuditError> {
        let refusal = match self.store_part(part).await {
            Err(AuditError::Store(error)) if is_about_the_rows(&error) => error,
            outcome => return outcome,
        };
        let reason = indexed(format!("the database refused it: {}", chain(&refusal)));
        for entry in part.iter_mut() {
            entry.event = Err(reason.clone());
        }
        self.store_part(part).await
    }

    /// One transaction: rows and positions. It is tried first as if no event were there already, which is nearly always
    /// so; where one is, those that are there are left out.
    async fn store_part(&mut self, part: &[ReadEntry]) -> Result<Settled, AuditError> {
        let mut events: Vec<&Event> = part.iter().filter_map(|read| read.event.as_ref().ok()).collect();
        let came = events.len() as u64;
        events.sort_unstable_by_key(|event| (event.time, event.id));
        events.dedup_by_key(|event| (event.time, event.id));
        let days: BTreeSet<_> = events.iter().map(|event| event.day()).collect();
        self.known_days.ensure(&self.store, days).await?;
        for _ in 0..MAX_RACES {
            match self.commit_part(part, &events, came).await {
                Err(AuditError::Store(StoreError::UniqueViolation { .. })) => {
                    let connection = self.store.connection().await?;
                    let known = store::events::known(&connection, &events).await?;
                    events.retain(|event| !known.contains(&(event.id, event.time)));
                }
                outcome => return outcome,
            }
        }
        self.commit_part(part, &events, came).await
    }

    async fn commit_part(
        &mut self,
        part: &[ReadEntry],
        events: &[&Event],
        came: u64,
    ) -> Result<Settled, AuditError> {
        let started = Instant::now();
        let layout = blocks_of(events);
        let ids = self.block_ids.take(&self.store, layout.len()).await?;
        let own = |event: &&&Event| self.log_key.signs(event);
        let blocks: Vec<Block<'_>> = layout
            .iter()
            .zip(ids)
            .map(|(events, id)| {
                let own_leaves = i32::try_from(events.iter().filter(own).count()).unwrap_or_default();
                Block { id, events, own_leaves }
            })
            .collect();
        let dead_letters: Vec<DeadLetter<'_>> = part.iter().filter_map(ReadEntry::dead_letter).collect();

        let transaction = self.store.begin().await?;
        if !blocks.is_empty() {
            store::events::insert(&transaction, &blocks).await?;
        }
        let stored = events.len() as u64;
        let mut settled = Settled { stored, duplicates: came.saturating_sub(stored), dead_letters: 0 };
        if !dead_letters.is_empty() {
            settled.dead_letters = store::dead_letters::insert(&transaction, &dead_letters).await?;
        }
        let told = self.told_of(part, events);
        if !told.is_empty() {
            store::notifications::insert(&transaction, &told).await?;
        }
        store::positions::settle(&transaction, &positions_after(part)).await?;
        transaction.commit().await?;
        if let (Some((_, news)), false) = (&self.notifications, told.is_empty()) {
            news.send_replace(());
        }

        let newest = part.iter().filter_map(|read| read.event.as_ref().ok()).map(|event| event.time).max();
        METRICS.settled(part.len(), settled, started.elapsed(), newest.map(|time| self.clock.now() - time));
        for DeadLetter { entry, reason } in &dead_letters {
            let SourcedEntry { source, position, event_id, .. } = entry;
            tracing::error!(%source, position, ?event_id, reason, "an entry is no event, and was put aside");
        }
        if settled.dead_letters > 0 {
            self.dead_letters.notify_one();
        }
        Ok(settled)
    }

    /// What is to be told of the events that are stored, in the order in which they came.
    fn told_of(&self, part: &[ReadEntry], events: &[&Event]) -> Vec<NewNotification> {
        let Some((targets, _)) = &self.notifications else { return Vec::new() };
        let mut changes: BTreeSet<_> =
            events.iter().filter(|event| !event.read_only).map(|event| event.id).collect();
        let came = part.iter().filter_map(|read| read.event.as_ref().ok());
        targets.notifications(came.filter(|event| changes.remove(&event.id)))
    }
}

impl Settled {
    fn add(&mut self, more: Self) {
        self.stored += more.stored;
        self.duplicates += more.duplicates;
        self.dead_letters += more.dead_letters;
    }
}

/// Parts of a size that one transaction takes.
fn parts_by_size(entries: &mut [ReadEntry]) -> Vec<&mut [ReadEntry]> {
    let mut lengths = vec![0];
    let mut bytes = 0;
    for ReadEntry { entry, .. } in entries.iter() {
        let full = bytes + entry.payload.len() > PART_BYTES;
        match lengths.last_mut() {
            Some(length) if !full || *length == 0 => *length += 1,
            _ => {
                lengths.push(1);
                bytes = 0;
            }
        }
        bytes += entry.payload.len();
    }
    let mut parts = Vec::with_capacity(lengths.len());
    let mut rest = entries;
    for length in lengths {
        let (part, others) = rest.split_at_mut(length);
        if !part.is_empty() {
            parts.push(part);
        }
        rest = others;
    }
    parts
}

/// The two halves of a part, the first one last.
fn halves(part: &mut [ReadEntry]) -> [&mut [ReadEntry]; 2] {
    let (first, rest) = part.split_at_mut(part.len() / 2);
    [rest, first]
}

/// The next position of each source behind these entries.
fn positions_after(entries: &[ReadEntry]) -> Vec<SourcePosition> {
    let mut positions: Vec<SourcePosition> = Vec::new();
    for ReadEntry { entry, .. } in entries {
        let position = entry.position + 1;
        match positions.iter_mut().find(|known| known.source == entry.source) {
            Some(known) => known.position = known.position.max(position),
            None => positions.push(SourcePosition { source: Arc::clone(&entry.source), position }),
        }
    }
    positions
}

/// Whether the database refused what a row holds, so that it will refuse it again. Where it is unsure whether a row is
/// to blame (a missing table, a missing privilege), it is not: nothing is put aside for somebody else's fault.
fn is_about_the_rows(error: &StoreError) -> bool {
    match error {
        StoreError::CheckViolation { .. }
        | StoreError::NotNullViolation { .. }
        | StoreError::UniqueViolation { .. } => true,
        // 22: data exceptions; 54: program limits, such as the size of an index row.
        StoreError::Refused { sqlstate, .. } => matches!(sqlstate.get(..2), Some("22" | "54")),
        StoreError::Configuration { .. }
        | StoreError::File { .. }
        | StoreError::Handshake { .. }
        | StoreError::LoginRefused { .. }
        | StoreError::Unavailable(_)
        | StoreError::ForeignKeyViolation { .. }
        | StoreError::SerializationFailure
        | StoreError::Deadlock
        | StoreError::LockTimeout
        | StoreError::StatementCancelled
        | StoreError::PermissionDenied { .. }
        | StoreError::RowCount { .. }
        | StoreError::Conversion { .. }
        | StoreError::Migration { .. } => false,
    }
}

fn log_failure(error: &AuditError) {
    tracing::warn!(error = %chain(error), "events could not be stored; they are kept and tried again");
    METRICS.failed();
}

/// Enough for thousands of usual records, and little enough to be stored in far less time than a statement has.
const PART_BYTES: usize = 16 * 1_024 * 1_024;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often others may store some of the same events meanwhile, before it is said that something is wrong.
const MAX_RACES: usize = 3;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entry(source: &str, position: i64, bytes: usize) -> ReadEntry {
        let entry = SourcedEntry {
            source: source.into(),
            position,
            event_id: None,
            partition_key: Bytes::new(),
            payload: vec![b' '; bytes].into(),
            trace_parent: None,
        };
        ReadEntry { entry, event: Err(String::new()) }
    }

    #[test]
    fn parts_are_bounded_and_lose_nothing() {
        let half = PART_BYTES / 2;
        let sizes = [half, half, 1, PART_BYTES + 1, 1];
        let mut entries: Vec<_> = sizes.into_iter().zip(0..).map(|(b, at)| entry("a", at, b)).collect();
        let parts = parts_by_size(&mut entries);
        let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        let positions: Vec<_> =
            parts.iter().flat_map(|part| &**part).map(|read| read.entry.position).collect();
        assert_eq!(positions, [0, 1, 2, 3, 4]);
        assert!(parts_by_size(&mut []).is_empty());
    }

    #[test]
    fn positions_are_behind_the_last_entry_of_each_source() {
        let entries = [entry("a", 4, 0), entry("b", 9, 0), entry("a", 5, 0)];
        let positions = positions_after(&entries);
        let positions: Vec<_> = positions.iter().map(|p| (&*p.source, p.position)).collect();
        assert_eq!(positions, [("a", 6), ("b", 10)]);
    }

    #[test]
    fn no_entry_is_blamed_for_what_others_did() {
        let refused =
            |sqlstate: &str| StoreError::Refused { sqlstate: sqlstate.to_owned(), message: String::new() };
        assert!(is_about_the_rows(&refused("22021")) && is_about_the_rows(&refused("54000")));
        assert!(!is_about_the_rows(&refused("42P01")));
        assert!(!is_about_the_rows(&StoreError::PermissionDenied { sqlstate: "42501".to_owned() }));
    }
}

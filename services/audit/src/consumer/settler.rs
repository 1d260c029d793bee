//! Stores entries, and settles their positions in the same transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_audit_log::{SourcePosition, SourcedEntry};
use keywright_aws_api::Clock;
use keywright_store::{Store, StoreError};
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::chain;
use super::metrics::METRICS;
use super::partitions::KnownDays;
use crate::domain::event::Event;
use crate::domain::indexed_text::indexed;
use crate::error::AuditError;
use crate::store;
use crate::store::dead_letters::DeadLetter;

/// Stores entries as events or dead letters, each exactly once however often it comes.
pub struct Settler {
    store: Store,
    clock: Arc<dyn Clock>,
    known_days: KnownDays,
    dead_letters: Arc<Notify>,
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

/// What one transaction stores.
struct Sorted<'a> {
    events: Vec<Event>,
    dead_letters: Vec<DeadLetter<'a>>,
}

impl Settler {
    /// A settler on this database. `dead_letters` is notified when there are new ones.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, dead_letters: Arc<Notify>) -> Self {
        Self { store, clock, known_days: KnownDays::default(), dead_letters }
    }

    /// Stores all of these entries, which are in order for each source. Where the database is away, it is waited for;
    /// where it refuses an entry for what the entry holds, that one becomes a dead letter, and the others are stored.
    pub async fn settle(&mut self, entries: &[SourcedEntry]) -> Settled {
        let mut settled = Settled::default();
        let mut pause = FIRST_PAUSE;
        // The next part is the last here. Parts are settled in order, since positions go forward only.
        let mut parts = parts_by_size(entries);
        parts.reverse();
        while let Some(part) = parts.pop() {
            let sorted = sort_at(part, self.clock.now());
            match self.store_part(part, sorted).await {
                Ok(done) => {
                    settled.add(done);
                    pause = FIRST_PAUSE;
                    continue;
                }
                Err(AuditError::Store(error)) if is_about_the_rows(&error) => {
                    // It may be that the partition of a day has been dropped.
                    self.known_days.forget();
                    if part.len() > 1 {
                        let (first, rest) = part.split_at(part.len() / 2);
                        parts.extend([rest, first]);
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
                    let (first, rest) = part.split_at(part.len() / 2);
                    parts.extend([rest, first]);
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
    async fn bury_refused(&mut self, part: &[SourcedEntry]) -> Result<Settled, AuditError> {
        let sorted = sort_at(part, self.clock.now());
        let refusal = match self.store_part(part, sorted).await {
            Err(AuditError::Store(error)) if is_about_the_rows(&error) => error,
            outcome => return outcome,
        };
        let reason = indexed(format!("the database refused it: {}", chain(&refusal)));
        let dead_letters = part.iter().map(|entry| DeadLetter { entry, reason: reason.clone() }).collect();
        self.store_part(part, Sorted { events: Vec::new(), dead_letters }).await
    }

    /// One transaction: rows and positions.
    async fn store_part(&mut self, part: &[SourcedEntry], sorted: Sorted<'_>) -> Result<Settled, AuditError> {
        let started = Instant::now();
        let Sorted { events, dead_letters } = sorted;
        let days: BTreeSet<_> = events.iter().map(Event::day).collect();
        self.known_days.ensure(&self.store, days).await?;

        let transaction = self.store.begin().await?;
        let mut settled = Settled::default();
        if !events.is_empty() {
            settled.stored = store::events::insert(&transaction, &events).await?;
            settled.duplicates = (events.len() as u64).saturating_sub(settled.stored);
        }
        if !dead_letters.is_empty() {
            settled.dead_letters = store::dead_letters::insert(&transaction, &dead_letters).await?;
        }
        store::positions::settle(&transaction, &positions_after(part)).await?;
        transaction.commit().await?;

        let newest = events.iter().map(|event| event.time).max();
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
}

impl Settled {
    fn add(&mut self, more: Self) {
        self.stored += more.stored;
        self.duplicates += more.duplicates;
        self.dead_letters += more.dead_letters;
    }
}

/// Tells events from what is none.
fn sort_at(entries: &[SourcedEntry], now: OffsetDateTime) -> Sorted<'_> {
    let mut sorted = Sorted { events: Vec::with_capacity(entries.len()), dead_letters: Vec::new() };
    for entry in entries {
        match Event::read(&entry.payload, now) {
            Ok(event) => sorted.events.push(event),
            Err(error) => {
                let reason = indexed(error.to_string());
                sorted.dead_letters.push(DeadLetter { entry, reason });
            }
        }
    }
    sorted.events.sort_unstable_by_key(|event| (event.time, event.id));
    sorted
}

/// Parts of a size that one statement takes.
fn parts_by_size(entries: &[SourcedEntry]) -> Vec<&[SourcedEntry]> {
    let mut parts = Vec::new();
    let (mut rest, mut length, mut bytes) = (entries, 0, 0);
    for entry in entries {
        if length > 0 && bytes + entry.payload.len() > PART_BYTES {
            let (part, others) = rest.split_at(length);
            parts.push(part);
            (rest, length, bytes) = (others, 0, 0);
        }
        length += 1;
        bytes += entry.payload.len();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// The next position of each source behind these entries.
fn positions_after(entries: &[SourcedEntry]) -> Vec<SourcePosition> {
    let mut positions: Vec<SourcePosition> = Vec::new();
    for entry in entries {
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

/// Far below what Postgres allows for one parameter, and enough for thousands of usual records.
const PART_BYTES: usize = 16 * 1_024 * 1_024;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entry(source: &str, position: i64, bytes: usize) -> SourcedEntry {
        SourcedEntry {
            source: source.into(),
            position,
            event_id: None,
            partition_key: Bytes::new(),
            payload: vec![b' '; bytes].into(),
            trace_parent: None,
        }
    }

    #[test]
    fn parts_are_bounded_and_lose_nothing() {
        let half = PART_BYTES / 2;
        let entries: Vec<_> = [half, half, 1, PART_BYTES + 1, 1]
            .into_iter()
            .zip(0..)
            .map(|(b, at)| entry("a", at, b))
            .collect();
        let lengths: Vec<_> = parts_by_size(&entries).iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        assert_eq!(parts_by_size(&entries).concat(), entries);
        assert!(parts_by_size(&[]).is_empty());
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

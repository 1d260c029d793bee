//! Numbered entries, and reading them until all have come.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use keywright_audit_log::{Entry, EventSource, SourcePosition, SourcedEntry};
use uuid::Uuid;

pub(crate) const KEYS: u64 = 7;

pub(crate) fn entry(number: u64) -> Entry {
    let payload = format!("{{\"number\":{number},\"text\":\"\u{e4}\\u0000\"}}");
    Entry::new(Uuid::from_u128(u128::from(number)), format!("key-{}", number % KEYS), payload)
        .with_trace_parent(number.is_multiple_of(2).then(|| format!("00-{number:032x}-{number:016x}-01")))
}

pub(crate) fn entries(numbers: Range<u64>) -> Vec<Entry> {
    numbers.map(entry).collect()
}

pub(crate) fn number(entry: &SourcedEntry) -> u64 {
    entry.event_id.expect("the event id arrives").as_u128() as u64
}

/// Reads until `count` different entries have come, with the positions after them.
pub(crate) async fn read(
    source: &mut dyn EventSource,
    count: usize,
    max: usize,
) -> (Vec<SourcedEntry>, Vec<SourcePosition>) {
    let mut all = Vec::new();
    let mut different = std::collections::BTreeSet::new();
    let mut positions: BTreeMap<_, SourcePosition> = BTreeMap::new();
    while different.len() < count {
        let batch = tokio::time::timeout(PATIENCE, source.next_batch(max)).await;
        let batch = batch.unwrap_or_else(|_| panic!("{} of {count} entries came", different.len())).unwrap();
        assert!(!batch.entries.is_empty() && batch.entries.len() <= max);
        different.extend(batch.entries.iter().map(number));
        for position in batch.positions {
            positions.insert(position.source.clone(), position);
        }
        all.extend(batch.entries);
    }
    (all, positions.into_values().collect())
}

/// The numbers of the entries, sorted.
pub(crate) fn sorted(entries: &[SourcedEntry]) -> Vec<u64> {
    let mut numbers: Vec<_> = entries.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// Asserts that each key's entries first came in the order of their numbers.
pub(crate) fn assert_order_of_keys(entries: &[SourcedEntry]) {
    let mut seen: BTreeMap<&[u8], Vec<u64>> = BTreeMap::new();
    for entry in entries {
        let of_key = seen.entry(&entry.partition_key).or_default();
        if !of_key.contains(&number(entry)) {
            of_key.push(number(entry));
        }
    }
    for (key, numbers) in seen {
        assert!(numbers.is_sorted(), "{}: {numbers:?}", String::from_utf8_lossy(key));
    }
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

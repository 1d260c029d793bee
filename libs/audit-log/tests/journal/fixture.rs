//! Journals in directories of their own.

use std::{path::Path, time::Duration};

use keywright_audit_log::{Entry, Journal, JournalConfig, Position, StoredEntry};
use uuid::Uuid;

/// A journal with segments of 16 KiB and a bound of 1 MiB.
pub(crate) fn config(dir: &Path) -> JournalConfig {
    let mut config = JournalConfig::new(dir, "test");
    config.segment_bytes = 16 * 1_024;
    config.max_bytes = 1_024 * 1_024;
    config
}

pub(crate) fn open(dir: &Path) -> Journal {
    Journal::open(config(dir)).unwrap()
}

/// An entry that is known by its number.
pub(crate) fn entry(number: u64) -> Entry {
    let payload = format!("{{\"number\":{number}}}");
    Entry::new(Uuid::from_u128(u128::from(number)), format!("key-{}", number % 3), payload)
        .with_trace_parent(number.is_multiple_of(2).then(|| format!("00-{number:032x}-{number:016x}-01")))
}

pub(crate) fn number(entry: &Entry) -> u64 {
    entry.event_id.as_u128() as u64
}

/// Appends entries with these numbers, one after the other.
pub(crate) async fn append(journal: &Journal, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        journal.append(entry(number)).await.unwrap();
    }
}

/// All that is durable now and can still be read.
pub(crate) async fn read_all(journal: &Journal) -> Vec<StoredEntry> {
    let mut reader = journal.reader(journal.oldest());
    let mut all = Vec::new();
    loop {
        let read = reader.read_available(7, 1_024 * 1_024).await.unwrap();
        if read.is_empty() {
            return all;
        }
        all.extend(read);
    }
}

pub(crate) async fn numbers(journal: &Journal) -> Vec<u64> {
    read_all(journal).await.iter().map(|stored| number(&stored.entry)).collect()
}

pub(crate) fn position(number: u64) -> Position {
    Position::new(number)
}

/// The segment files, oldest first.
pub(crate) fn segments(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    found.sort();
    found
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for item in std::fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Waits until `check` says `Ok`; fails with its last status.
pub(crate) async fn eventually(what: &str, check: impl Fn() -> Result<(), String>) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        match check() {
            Ok(()) => return,
            Err(status) => assert!(std::time::Instant::now() < deadline, "{what}: {status}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

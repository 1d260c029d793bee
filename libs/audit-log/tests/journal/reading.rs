//! Readers see what is durable, in order, and wait for more.

use std::time::Duration;

use keywright_audit_log::{Entry, Journal, JournalError};
use uuid::Uuid;

use crate::fixture::{append, config, entry, number, open, position};

#[tokio::test]
async fn a_reader_waits_for_what_comes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let mut reader = journal.reader(position(1));
    assert!(tokio::time::timeout(Duration::from_millis(20), reader.next_batch(9, 9)).await.is_err());
    let (read, ()) = tokio::join!(reader.next_batch(9, 9_999), append(&journal, [7]));
    let read = read.unwrap();
    assert_eq!((read[0].position, &read[0].entry), (position(1), &entry(7)));
    assert_eq!(reader.position(), position(2));
}

#[tokio::test]
async fn a_reader_begins_anywhere_and_crosses_segments() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=500).await;
    for from in [1, 2, 137, 250, 500] {
        let mut reader = journal.reader(position(from));
        let mut read = Vec::new();
        while read.len() as u64 <= 500 - from {
            let batch = reader.next_batch(64, 4_000).await.unwrap();
            assert!(!batch.is_empty() && batch.len() <= 64);
            read.extend(batch.iter().map(|stored| (stored.position.get(), number(&stored.entry))));
        }
        assert_eq!(read, (from..=500).map(|n| (n, n)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_reader_keeps_up_with_writers() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let writing = tokio::spawn({
        let journal = journal.clone();
        async move {
            for from in (1..1_000).step_by(10) {
                let appends = (from..from + 10).map(|number| journal.append(entry(number)));
                assert!(futures::future::join_all(appends).await.iter().all(Result::is_ok));
            }
        }
    });
    let mut reader = journal.reader(position(1));
    let mut read = Vec::new();
    while read.len() < 1_000 {
        let batch = tokio::time::timeout(Duration::from_secs(20), reader.next_batch(100, 1_000_000)).await;
        read.extend(batch.expect("more is to come").unwrap().iter().map(|stored| number(&stored.entry)));
    }
    writing.await.unwrap();
    assert_eq!(read, (1..=1_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn entries_of_any_size_come_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut large = config(dir.path());
    large.max_bytes = 64 * 1_024 * 1_024;
    let journal = Journal::open(large).unwrap();
    let sizes = [0, 1, 17_000, 300_000, 1_000_000, 5, 200_000, 3];
    for (index, size) in sizes.into_iter().enumerate() {
        let entry = Entry::new(Uuid::from_u128(index as u128), "k", vec![index as u8; size]);
        journal.append(entry).await.unwrap();
    }
    let mut reader = journal.reader(position(1));
    let mut read = Vec::new();
    while read.len() < sizes.len() {
        read.extend(reader.next_batch(3, 100).await.unwrap());
    }
    for (index, (stored, size)) in read.iter().zip(sizes).enumerate() {
        assert_eq!(stored.entry.payload, vec![index as u8; size]);
    }
    let too_large = journal.append(Entry::new(Uuid::nil(), "k", vec![0; 1_024 * 1_024])).await;
    assert!(matches!(too_large, Err(JournalError::TooLarge { .. })), "{too_large:?}");
}

#[tokio::test]
async fn a_batch_given_up_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=200).await;
    let mut reader = journal.reader(position(1));
    let mut read = Vec::new();
    // Some of these are given up while the read is under way, and some are done at once.
    for _ in 0..20 {
        if let Some(batch) = futures::FutureExt::now_or_never(reader.next_batch(3, 10_000)) {
            read.extend(batch.unwrap());
        }
    }
    while read.len() < 200 {
        read.extend(reader.next_batch(10, 10_000).await.unwrap());
    }
    assert_eq!(
        read.iter().map(|stored| number(&stored.entry)).collect::<Vec<_>>(),
        (1..=200).collect::<Vec<_>>()
    );
}

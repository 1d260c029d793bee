//! What is acknowledged is freed; what is not bounds the journal.

use std::path::Path;

use keywright_audit_log::{Journal, JournalError};

use crate::fixture::{append, config, entry, eventually, numbers, open, position, segments};

async fn until_one_segment(dir: &Path) {
    eventually("one segment is left", || match segments(dir).len() {
        1 => Ok(()),
        count => Err(format!("{count} segments")),
    })
    .await;
}

#[tokio::test]
async fn a_full_journal_refuses_at_once_until_something_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut small = config(dir.path());
    small.max_bytes = 10_000;
    let journal = Journal::open(small.clone()).unwrap();
    let mut taken = 0;
    let refused = loop {
        match journal.append(entry(taken + 1)).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, JournalError::Full { max_bytes: 10_000 }), "{refused:?}");
    assert!(journal.unacknowledged().1 <= 10_000 && taken > 50, "{taken}");

    journal.close().await;
    let journal = Journal::open(small).unwrap();
    assert!(matches!(journal.append(entry(0)).await, Err(JournalError::Full { .. })));
    journal.acknowledge(position(taken + 1));
    assert_eq!(journal.unacknowledged(), (0, 0));
    assert_eq!(journal.append(entry(taken + 1)).await.unwrap(), position(taken + 1));
}

#[tokio::test]
async fn segments_are_freed_when_all_of_them_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=500).await;
    let before = segments(dir.path()).len();
    assert!(before >= 3);
    journal.acknowledge(position(2));
    journal.acknowledge(position(501));
    until_one_segment(dir.path()).await;
    let oldest = journal.oldest();
    assert!(oldest > position(1));
    let mut reader = journal.reader(position(1));
    let read = reader.next_batch(1, 1).await;
    assert!(matches!(read, Err(JournalError::Freed { oldest: named, .. }) if named == oldest), "{read:?}");
}

#[tokio::test]
async fn positions_never_repeat_even_if_everything_was_freed() {
    let dir = tempfile::tempdir().unwrap();
    let mut next = 1;
    for _ in 0..4 {
        let journal = open(dir.path());
        assert_eq!(journal.acknowledged(), position(next));
        append(&journal, next..next + 300).await;
        next += 300;
        assert_eq!(journal.durable_end(), position(next));
        journal.acknowledge(position(next));
        journal.close().await;
        until_one_segment(dir.path()).await;
    }
}

#[tokio::test]
async fn the_cursor_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=20).await;
    journal.acknowledge(position(11));
    journal.acknowledge(position(5));
    journal.close().await;
    let journal = open(dir.path());
    assert_eq!(journal.acknowledged(), position(11));
    assert_eq!(journal.unacknowledged().0, 10);
}

#[tokio::test]
async fn without_its_cursor_a_journal_delivers_again_rather_than_too_little() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=20).await;
    journal.acknowledge(position(11));
    journal.close().await;
    std::fs::write(dir.path().join("cursor"), [0xa5; 128]).unwrap();
    let journal = open(dir.path());
    assert_eq!(journal.acknowledged(), position(1));
    assert_eq!(numbers(&journal).await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_acknowledgement_beyond_the_end_counts_up_to_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=3).await;
    journal.acknowledge(position(1_000));
    assert_eq!(journal.acknowledged(), position(4));
    append(&journal, [4]).await;
    assert_eq!(journal.unacknowledged().0, 1);
}

//! A journal is closed in order.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::join_all};
use keywright_audit_log::{Journal, JournalError};

use crate::{
    faulty::Disk,
    fixture::{append, config, entry, numbers, open, position},
};

#[tokio::test]
async fn closing_finishes_what_was_taken_in_and_refuses_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    disk.sync_micros.store(5_000, SeqCst);
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    let mut taken = Box::pin(join_all((1..=20).map(|number| journal.append(entry(number)))));
    assert!((&mut taken).now_or_never().is_none());
    journal.begin_close();
    assert!(matches!(journal.append(entry(99)).await, Err(JournalError::Closed)));
    let (answers, ()) = tokio::join!(taken, journal.close());
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(numbers(&open(dir.path())).await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn reading_goes_on_to_the_end_of_a_closed_journal() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=5).await;
    let mut reader = journal.reader(position(1));
    let waiting = tokio::spawn({
        let mut reader = journal.reader(position(6));
        async move { reader.next_batch(1, 1).await }
    });
    journal.close().await;
    assert_eq!(reader.next_batch(10, 10_000).await.unwrap().len(), 5);
    assert!(matches!(reader.next_batch(1, 1).await, Err(JournalError::Closed)));
    let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("reader ends").unwrap();
    assert!(matches!(waited, Err(JournalError::Closed)), "{waited:?}");
}

#[tokio::test]
async fn dropping_the_last_handle_closes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let other = journal.clone();
    append(&journal, [1]).await;
    drop(journal);
    append(&other, [2]).await;
    drop(other);
    assert_eq!(numbers(&open(dir.path())).await, [1, 2]);
}

/// Whoever starts programs while a journal is open doesn't hold it on: until a child runs its program, it has all files
/// open that its parent had.
#[tokio::test]
async fn a_closed_journal_is_free_although_programs_are_started() {
    let stop = Arc::new(AtomicBool::new(false));
    let starters: Vec<_> = (0..4)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(SeqCst) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            })
        })
        .collect();
    let dir = tempfile::tempdir().unwrap();
    for number in 1..=200 {
        let journal = open(dir.path());
        append(&journal, [number]).await;
        journal.close().await;
    }
    stop.store(true, SeqCst);
    starters.into_iter().for_each(|starter| starter.join().unwrap());
    assert_eq!(numbers(&open(dir.path())).await, (1..=200).collect::<Vec<_>>());
}

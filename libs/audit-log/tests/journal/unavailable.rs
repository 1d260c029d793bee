//! A disk that refuses: nothing is called durable that isn't, and the journal mends itself.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use futures::future::join_all;
use keywright_audit_log::{Journal, JournalError};

use crate::{
    faulty::Disk,
    fixture::{append, config, entry, eventually, numbers, open, position, segments},
};

async fn fails_then_mends(choose: impl Fn(&Disk) -> &AtomicBool, cut_works: bool) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    append(&journal, 1..=2).await;

    choose(&disk).store(true, SeqCst);
    disk.fail_cut.store(!cut_works, SeqCst);
    let answers = join_all((10..20).map(|number| journal.append(entry(number)))).await;
    for answer in answers {
        assert!(matches!(answer, Err(JournalError::Unavailable(_))), "{answer:?}");
    }
    assert_eq!(journal.durable_end(), position(3));
    assert_eq!(numbers(&journal).await, [1, 2]);

    choose(&disk).store(false, SeqCst);
    assert_eq!(journal.append(entry(3)).await.unwrap(), position(3));
    append(&journal, 4..=5).await;
    assert_eq!(numbers(&journal).await, [1, 2, 3, 4, 5]);
    journal.close().await;
    let journal = open(dir.path());
    assert_eq!(numbers(&journal).await, [1, 2, 3, 4, 5]);
    assert_eq!(segments(dir.path()).len(), 2);
}

#[tokio::test]
async fn a_failed_write_fails_its_batch_and_leaves_nothing_behind() {
    fails_then_mends(|disk| &disk.fail_write, true).await;
}

#[tokio::test]
async fn a_failed_sync_fails_its_batch_and_its_region_is_never_trusted() {
    fails_then_mends(|disk| &disk.fail_sync, true).await;
}

#[tokio::test]
async fn what_a_failed_batch_left_is_void_even_if_it_cannot_be_cut_off() {
    fails_then_mends(|disk| &disk.fail_sync, false).await;
    fails_then_mends(|disk| &disk.fail_write, false).await;
}

#[tokio::test]
async fn without_space_for_a_segment_appends_fail_until_there_is() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    disk.fail_create.store(true, SeqCst);
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    for _ in 0..3 {
        let answer = journal.append(entry(9)).await;
        assert!(matches!(answer, Err(JournalError::Unavailable(_))), "{answer:?}");
    }
    assert!(segments(dir.path()).is_empty());
    disk.fail_create.store(false, SeqCst);
    append(&journal, 1..=200).await;
    assert_eq!(numbers(&journal).await, (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_failure_on_the_first_batch_of_a_segment_replaces_the_segment() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    disk.fail_sync.store(true, SeqCst);
    assert!(journal.append(entry(9)).await.is_err());
    disk.fail_sync.store(false, SeqCst);
    append(&journal, 1..=2).await;
    journal.close().await;
    assert_eq!(numbers(&open(dir.path())).await, [1, 2]);
}

#[tokio::test]
async fn failures_give_their_room_back() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    let mut config = config(dir.path());
    config.max_bytes = 1_000;
    let journal = Journal::open_on(config, disk.storage()).unwrap();
    disk.fail_create.store(true, SeqCst);
    for _ in 0..100 {
        let answer = journal.append(entry(1)).await;
        assert!(matches!(answer, Err(JournalError::Unavailable(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_disk_that_refuses_is_told_and_tried_again_without_being_asked() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    append(&journal, 1..=2).await;
    assert!(journal.is_accepting() && journal.refusal().is_none());
    disk.fail_sync.store(true, SeqCst);
    assert!(journal.append(entry(9)).await.is_err());
    assert!(!journal.is_accepting());
    assert!(matches!(journal.refusal(), Some(JournalError::Unavailable(_))));

    disk.fail_sync.store(false, SeqCst);
    let accepting = || if journal.is_accepting() { Ok(()) } else { Err("it still refuses".to_owned()) };
    eventually("the journal accepts again", accepting).await;
    append(&journal, 3..=4).await;
    assert_eq!(numbers(&journal).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_full_journal_says_so_until_something_is_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.max_bytes = 2_000;
    let journal = Journal::open(config).unwrap();
    let mut appended = 0;
    while journal.append(entry(appended + 1)).await.is_ok() {
        appended += 1;
    }
    let refused = journal.append(entry(appended + 1)).await;
    assert!(matches!(refused, Err(JournalError::Full { max_bytes: 2_000 })), "{refused:?}");
    journal.acknowledge(position(appended + 1));
    assert!(journal.is_accepting());
    journal.append(entry(appended + 1)).await.unwrap();
}

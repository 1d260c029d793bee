//! A journal seen from outside, while it is written and when nobody holds it.

use std::{os::unix::fs::FileExt, path::Path, time::SystemTime};

use futures::future::join_all;
use keywright_audit_log::{
    Journal, JournalError,
    journal::inspect::{Damage, entries, inspect},
};

use crate::fixture::{append, config, entry, number, open, position, segments};

#[tokio::test]
async fn an_open_journal_is_seen_with_its_holder_segments_and_what_is_not_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=300).await;
    let seen = inspect(dir.path()).unwrap();
    assert_eq!(seen.journal_id, Some(journal.id()));
    assert_eq!(seen.held_by, Some(std::process::id()));
    assert_eq!((seen.acknowledged, seen.unacknowledged_entries), (position(1), 300));
    assert_eq!(seen.segments.len(), segments(dir.path()).len());
    assert!(seen.segments.len() > 1);
    assert_eq!(seen.segments.iter().map(|segment| segment.entries()).sum::<u64>(), 300);
    let whole = |segment: &keywright_audit_log::journal::inspect::Segment| {
        segment.used_bytes + segment.free_bytes() == segment.file_bytes && !segment.has_void_end
    };
    assert!(seen.segments.iter().all(whole), "{seen:?}");
    assert_eq!(seen.damage, []);

    journal.acknowledge(position(250));
    journal.close().await;
    let seen = inspect(dir.path()).unwrap();
    assert_eq!(seen.held_by, None);
    assert_eq!((seen.acknowledged, seen.unacknowledged_entries), (position(250), 51));
    let newest = seen.cursor_slots.iter().flatten().max_by_key(|slot| slot.turn).unwrap();
    assert_eq!(newest.acknowledged, position(250));

    let listed = entries(dir.path(), position(260), 5).unwrap();
    assert_eq!(
        listed.iter().map(|stored| number(&stored.entry)).collect::<Vec<_>>(),
        [260, 261, 262, 263, 264]
    );
    assert_eq!(listed[0].position, position(260));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_written_or_freed_never_looks_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let writing = journal.clone();
    let writer = tokio::spawn(async move {
        for round in 0..300_u64 {
            let batch = join_all((0..20).map(|n| writing.append(entry(round * 20 + n)))).await;
            assert!(batch.iter().all(Result::is_ok));
            writing.acknowledge(writing.durable_end());
        }
    });
    let mut looked = 0;
    while !writer.is_finished() {
        let path = dir.path().to_owned();
        let seen = tokio::task::spawn_blocking(move || inspect(&path)).await.unwrap().unwrap();
        assert_eq!(seen.damage, []);
        looked += 1;
    }
    writer.await.unwrap();
    assert!(looked > 1);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=3).await;
    journal.close().await;
    std::fs::remove_file(dir.path().join("lock")).unwrap();
    let before = state(dir.path());
    inspect(dir.path()).unwrap();
    entries(dir.path(), position(1), 10).unwrap();
    assert_eq!(state(dir.path()), before);
}

#[tokio::test]
async fn damage_is_named_as_the_start_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=9).await;
    journal.close().await;
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&segments(dir.path())[0]).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 300).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 300).unwrap();

    let damage = inspect(dir.path()).unwrap().damage;
    let Err(JournalError::Corrupt { file, offset, reason }) = Journal::open(config(dir.path())) else {
        panic!("a damaged journal was opened");
    };
    assert_eq!(damage, [Damage { file, offset, reason }]);
    assert!(!entries(dir.path(), position(1), 10).unwrap().is_empty(), "what is before it can be read");
}

#[tokio::test]
async fn a_torn_end_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=3).await;
    journal.close().await;
    let used = inspect(dir.path()).unwrap().segments[0].used_bytes;
    let file = std::fs::OpenOptions::new().write(true).open(&segments(dir.path())[0]).unwrap();
    file.write_all_at(&[90, 0, 0, 0, 1, 2, 3], used).unwrap();
    let seen = inspect(dir.path()).unwrap();
    assert_eq!(seen.damage, []);
    assert!(seen.segments[0].has_void_end);
    assert_eq!(seen.segments[0].entries(), 3);
}

/// Names, sizes, times and contents of all files.
fn state(dir: &Path) -> Vec<(String, SystemTime, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|item| {
            let item = item.unwrap();
            let name = item.file_name().to_string_lossy().into_owned();
            (name, item.metadata().unwrap().modified().unwrap(), std::fs::read(item.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

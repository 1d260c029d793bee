//! What is taken up, cut off or refused when a journal is opened.

use std::{os::unix::fs::FileExt, path::Path};

use keywright_audit_log::{Journal, JournalError};
use tempfile::TempDir;

use crate::fixture::{append, config, copy, entry, numbers, open, position, segments};

const HEADER: u64 = 64;

fn frame_bytes(number: u64) -> u64 {
    let entry = entry(number);
    let trace = entry.trace_parent.as_deref().unwrap_or_default().len();
    (48 + entry.partition_key.len() + trace + entry.payload.len()) as u64
}

/// The entries 1 to 3 in a closed journal, and where the frames begin and the last one ends.
async fn three_entries() -> (TempDir, Vec<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=3).await;
    journal.close().await;
    let mut offsets = vec![HEADER];
    for number in 1..=3 {
        offsets.push(offsets[offsets.len() - 1] + frame_bytes(number));
    }
    (dir, offsets)
}

fn damaged(original: &Path, damage: impl FnOnce(&std::fs::File)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(original, dir.path());
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&segments(dir.path())[0]).unwrap();
    damage(&file);
    dir
}

fn flip(file: &std::fs::File, bit: u64) {
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8).unwrap();
}

async fn goes_on_after_two(dir: &Path, case: &str) {
    let journal = Journal::open(config(dir)).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(numbers(&journal).await, [1, 2], "{case}");
    assert_eq!(journal.append(entry(30)).await.unwrap(), position(3), "{case}");
    assert_eq!(numbers(&journal).await, [1, 2, 30], "{case}");
    journal.close().await;
    assert_eq!(numbers(&open(dir)).await, [1, 2, 30], "{case}");
}

#[tokio::test]
async fn a_last_frame_cut_at_any_byte_is_cut_off() {
    let (original, offsets) = three_entries().await;
    for end in offsets[2]..offsets[3] {
        let short = damaged(original.path(), |file| file.set_len(end).unwrap());
        goes_on_after_two(short.path(), &format!("file cut at {end}")).await;
        let zeroed = damaged(original.path(), |file| {
            file.write_all_at(&vec![0; (offsets[3] - end) as usize], end).unwrap();
        });
        goes_on_after_two(zeroed.path(), &format!("zeros from {end}")).await;
    }
}

#[tokio::test]
async fn any_flipped_bit_of_the_last_frame_voids_that_frame_only() {
    let (original, offsets) = three_entries().await;
    for bit in (offsets[2] * 8..offsets[3] * 8).step_by(5) {
        let dir = damaged(original.path(), |file| flip(file, bit));
        goes_on_after_two(dir.path(), &format!("bit {bit}")).await;
    }
}

#[tokio::test]
async fn a_flipped_bit_of_a_frame_known_to_be_durable_is_refused_and_named() {
    let (original, offsets) = three_entries().await;
    for bit in (offsets[1] * 8..offsets[2] * 8).step_by(3) {
        let dir = damaged(original.path(), |file| flip(file, bit));
        match Journal::open(config(dir.path())).map(|_| ()) {
            Err(JournalError::Corrupt { file, offset, .. }) => {
                assert_eq!((file, offset), (segments(dir.path())[0].clone(), offsets[1]), "bit {bit}");
            }
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_damaged_frame_that_was_acknowledged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1..=3).await;
    journal.acknowledge(position(4));
    journal.close().await;
    let end = HEADER + (1..=3).map(frame_bytes).sum::<u64>();
    let damaged = damaged(dir.path(), |file| flip(file, (end - 1) * 8));
    let opened = Journal::open(config(damaged.path())).map(|_| ());
    assert!(matches!(opened, Err(JournalError::Corrupt { .. })), "{opened:?}");
}

#[tokio::test]
async fn damage_to_an_earlier_segment_is_refused_and_named() {
    let original = tempfile::tempdir().unwrap();
    let journal = open(original.path());
    append(&journal, 1..=500).await;
    journal.close().await;
    assert!(segments(original.path()).len() >= 3);

    let last_of_first = damaged(original.path(), |file| {
        let zeros = file.metadata().unwrap().len() - 4_096;
        file.write_all_at(&[0; 4_096], zeros).unwrap();
    });
    let header = damaged(original.path(), |file| flip(file, 33 * 8));
    for dir in [last_of_first, header] {
        match Journal::open(config(dir.path())).map(|_| ()) {
            Err(JournalError::Corrupt { file, .. }) => assert_eq!(file, segments(dir.path())[0]),
            other => panic!("{other:?}"),
        }
    }

    let gap = tempfile::tempdir().unwrap();
    copy(original.path(), gap.path());
    std::fs::remove_file(&segments(gap.path())[1]).unwrap();
    assert!(matches!(Journal::open(config(gap.path())).map(|_| ()), Err(JournalError::Corrupt { .. })));
}

#[tokio::test]
async fn a_segment_of_another_journal_is_refused() {
    let (one, _) = three_entries().await;
    let journal = open(one.path());
    journal.acknowledge(position(2));
    journal.close().await;
    let (other, _) = three_entries().await;
    std::fs::copy(&segments(other.path())[0], &segments(one.path())[0]).unwrap();
    assert!(matches!(Journal::open(config(one.path())).map(|_| ()), Err(JournalError::Corrupt { .. })));
}

#[tokio::test]
async fn a_segment_whose_making_was_interrupted_is_removed() {
    let (dir, _) = three_entries().await;
    let unfinished = dir.path().join("00000000000000000004.segment");
    for content in [&[][..], &[0; 4_096][..]] {
        std::fs::write(&unfinished, content).unwrap();
        let journal = open(dir.path());
        assert_eq!(numbers(&journal).await, [1, 2, 3]);
        journal.close().await;
        assert!(!unfinished.exists());
    }
}

#[tokio::test]
async fn a_directory_is_held_by_one_journal_only() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let second = Journal::open(config(dir.path())).map(|_| ());
    assert!(matches!(second, Err(JournalError::Locked { .. })), "{second:?}");
    journal.close().await;
    let second = open(dir.path());
    drop(journal);
    append(&second, [1]).await;
}

#[tokio::test]
async fn a_journal_keeps_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let id = journal.id();
    append(&journal, [1]).await;
    journal.close().await;
    assert_eq!(open(dir.path()).id(), id);
}

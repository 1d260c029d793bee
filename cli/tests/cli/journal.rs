//! `keywright audit journal inspect`, on a journal of its own.

use std::path::Path;
use std::process::Output;

use keywright_audit_log::{Entry, Journal, JournalConfig, Position};

use crate::dev_process::keywright;

const IDS: [u128; 3] = [0x11, 0x22, 0x33];

fn inspect(dir: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = keywright(&["audit", "journal", "inspect"]);
    let Output { status, stdout, .. } = command.arg(dir).args(arguments).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap())
}

fn write_three(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(JournalConfig { segment_bytes: 4_096, ..JournalConfig::new(dir, "test") }).unwrap();
        for id in IDS {
            let record = format!(
                r#"{{"eventTime":"2026-01-31T23:59:59Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","n":{id}}}"#
            );
            journal.append(Entry::new(uuid::Uuid::from_u128(id), "key", record)).await.unwrap();
        }
        journal.acknowledge(Position::new(2));
        journal.close().await;
    });
}

#[test]
fn a_journal_is_shown_with_what_is_not_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    write_three(dir.path());
    let (succeeded, text) = inspect(dir.path(), &["--entries"]);
    assert!(succeeded, "{text}");
    for part in [
        "everything before position 2",
        "unacknowledged  2 records",
        "00000000000000000001.segment",
        "every record that is there is whole",
        "00000000-0000-0000-0000-000000000022  2026-01-31T23:59:59Z  kms.amazonaws.com",
        "Decrypt",
    ] {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
    assert!(!text.contains("000000000011"), "what is handed on isn't listed by itself");

    let (succeeded, text) =
        inspect(dir.path(), &["--json", "--entries", "--from", "1", "--limit", "1", "--records"]);
    let seen: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(succeeded);
    assert_eq!(seen["unacknowledged"]["entries"], 2);
    assert_eq!(seen["segments"][0]["entries"], 3);
    assert_eq!(seen["entries"].as_array().unwrap().len(), 1);
    assert_eq!(seen["entries"][0]["eventID"], "00000000-0000-0000-0000-000000000011");
    assert!(seen["entries"][0]["record"].as_str().unwrap().contains(r#""n":17"#));
}

#[test]
fn damage_is_named_and_makes_it_fail() {
    let dir = tempfile::tempdir().unwrap();
    write_three(dir.path());
    let file = dir.path().join("00000000000000000001.segment");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[80] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (succeeded, text) = inspect(dir.path(), &[]);
    assert!(!succeeded);
    assert!(text.contains(&format!("DAMAGED: {} at byte 64", file.display())), "{text}");
}

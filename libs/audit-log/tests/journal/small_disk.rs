//! A disk that is really full: a small file system of the test's own, in a mount namespace that ends with it. Where none
//! may be mounted, files that may not grow.
//!
//! The test runs itself again, in a process that has that disk.

use std::{
    path::Path,
    process::{Command, Output},
};

use keywright_audit_log::{Journal, JournalConfig, JournalError};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::fixture::{entry, eventually, read_all};

#[test]
fn a_full_disk_refuses_and_what_is_handed_on_makes_room_again() {
    let name = "small_disk::a_full_disk_refuses_and_what_is_handed_on_makes_room_again";
    if let Some(disk) = std::env::var_os(DISK) {
        let kind = std::env::var(KIND).unwrap();
        return on_runtime(async {
            match kind.as_str() {
                "mounted" => filled_by_itself(Path::new(&disk)).await,
                _ => may_not_grow(Path::new(&disk)).await,
            }
        });
    }
    let dir = tempfile::tempdir().unwrap();
    let mounted = [&["--mount"][..], &["--user", "--map-root-user", "--mount"]]
        .into_iter()
        .find_map(|namespace| mount(namespace, dir.path()));
    let output = match mounted {
        Some(mut command) => again(command.env(KIND, "mounted"), name, dir.path()),
        None => {
            let mut command = Command::new("sh");
            // A write that is too long is to fail, and not to kill.
            command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
            again(command.env(KIND, "limited"), name, dir.path())
        }
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A command that runs what it is given where a small disk is mounted, if that is permitted.
fn mount(namespace: &[&str], dir: &Path) -> Option<Command> {
    let with_disk = || {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", MOUNT_AND_RUN]).arg(dir);
        command
    };
    let possible = with_disk().arg("true").output().is_ok_and(|output| output.status.success());
    possible.then(with_disk)
}

fn again(command: &mut Command, test: &str, disk: &Path) -> Output {
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--test-threads=1"]);
    command.env(DISK, disk).output().unwrap()
}

fn on_runtime(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn config(disk: &Path) -> JournalConfig {
    let mut config = JournalConfig::new(disk.join("journal"), "small-disk");
    config.segment_bytes = 256 * 1_024;
    config
}

/// Nobody takes the records off: the journal fills its own disk.
async fn filled_by_itself(disk: &Path) {
    let journal = Journal::open(config(disk)).unwrap();
    let mut appended = 0;
    let refusal = loop {
        match journal.append(entry(appended + 1)).await {
            Ok(_) => appended += 1,
            Err(refusal) => break refusal,
        }
        assert!(appended < 100_000, "the disk is not small");
    };
    assert_full(&journal, refusal);
    assert_eq!(read_all(&journal).await.len() as u64, appended, "what was answered for is there");

    // The cursor could not have been made now. Nobody appends meanwhile: it is the journal that finds room.
    journal.acknowledge(journal.durable_end());
    eventually("the journal accepts again", || match journal.refusal() {
        None => Ok(()),
        Some(refusal) => Err(refusal.to_string()),
    })
    .await;
    let position = journal.append(entry(appended + 1)).await.unwrap();
    assert_eq!(position.get(), appended + 1, "the numbering goes on");
    journal.close().await;
    let journal = Journal::open(config(disk)).unwrap();
    assert_eq!(journal.unacknowledged().0, 1);
}

async fn may_not_grow(disk: &Path) {
    let journal = Journal::open(config(disk)).unwrap();
    journal.append(entry(1)).await.unwrap();
    setrlimit(Resource::Fsize, Rlimit { current: Some(1), maximum: None }).unwrap();
    let refusal = journal.append(entry(2)).await.unwrap_err();
    assert!(matches!(refusal, JournalError::Unavailable(_)), "{refusal:?}");
    assert!(!journal.is_accepting() && journal.refusal().is_some());
    setrlimit(Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    eventually("the journal accepts again", || match journal.refusal() {
        None => Ok(()),
        Some(refusal) => Err(refusal.to_string()),
    })
    .await;
    journal.append(entry(2)).await.unwrap();
    assert_eq!(read_all(&journal).await.len(), 2);
}

fn assert_full(journal: &Journal, refusal: JournalError) {
    let JournalError::Unavailable(cause) = refusal else { panic!("{refusal:?}") };
    assert_eq!(cause.kind(), std::io::ErrorKind::StorageFull);
    assert!(!journal.is_accepting());
    assert!(matches!(journal.refusal(), Some(JournalError::Unavailable(_))));
}

const DISK: &str = "KEYWRIGHT_TEST_SMALL_DISK";
const KIND: &str = "KEYWRIGHT_TEST_SMALL_DISK_KIND";
const MOUNT_AND_RUN: &str = "dir=$0 && mount -t tmpfs -o size=2m,mode=0700 tmpfs \"$dir\" && exec \"$@\"";

//! `kill -9` at random moments: whatever was called durable is there.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::fixture::{config, entry, number, open, read_all};

const DIR_VARIABLE: &str = "KEYWRIGHT_JOURNAL_CRASH_DIR";
const FIRST_VARIABLE: &str = "KEYWRIGHT_JOURNAL_CRASH_FIRST";

/// Not a test of itself: the process that is killed. It appends for ever and prints what is durable.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let first: u64 = std::env::var(FIRST_VARIABLE).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut config = config(Path::new(&dir));
        config.max_bytes = u64::MAX;
        let journal = keywright_audit_log::Journal::open(config).unwrap();
        let lanes = (0..8).map(|lane| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for number in (first + lane..).step_by(8) {
                    let position = journal.append(entry(number)).await.unwrap();
                    let line = format!("DURABLE {} {number}\n", position.get());
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            })
        });
        futures::future::join_all(lanes).await;
    });
}

#[tokio::test]
async fn whatever_was_called_durable_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut called_durable = Vec::new();
    for round in 0..8_u64 {
        // Killed after a number of acknowledgements that differs from round to round.
        let lines = run_and_kill(dir.path(), 1_000_000 * (round + 1), 40 + (round * 379) % 900);
        assert!(lines.len() >= 40, "round {round}: {} lines", lines.len());
        called_durable.extend(lines);

        let journal = open(dir.path());
        let stored = read_all(&journal).await;
        let last = stored.last().unwrap().position.get();
        assert_eq!(stored.len() as u64, last, "positions have no gap");
        for (position, number_printed) in &called_durable {
            let found = &stored[*position as usize - 1];
            assert_eq!((found.position.get(), number(&found.entry)), (*position, *number_printed));
            assert_eq!(found.entry, entry(*number_printed));
        }
        journal.close().await;
    }
}

fn run_and_kill(dir: &Path, first: u64, after: u64) -> Vec<(u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR_VARIABLE, dir)
        .env(FIRST_VARIABLE, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut durable = Vec::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        assert!(Instant::now() < deadline, "{} lines in a minute", durable.len());
        let Ok(line) = line else { break };
        let mut words = line.split_whitespace();
        if words.next() == Some("DURABLE")
            && let (Some(Ok(position)), Some(Ok(number))) =
                (words.next().map(str::parse), words.next().map(str::parse))
        {
            durable.push((position, number));
        }
        if durable.len() as u64 >= after && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    // The last line may have been cut in the middle of its number.
    durable
}

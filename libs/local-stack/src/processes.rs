//! Which processes work in a directory, by what `/proc` says.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// The processes whose working directory is `dir`: for a Postgres data directory its postmaster and all its backends.
pub(crate) fn working_in(dir: &Path) -> Vec<Pid> {
    let Ok(dir) = dir.canonicalize() else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == dir))
        .filter_map(Pid::from_raw)
        .collect()
}

/// Waits until no process works in `dir`; says whether that came to be within `limit`.
pub(crate) async fn wait_until_none_in(dir: &Path, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !working_in(dir).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    true
}

const POLL_INTERVAL: Duration = Duration::from_millis(20);

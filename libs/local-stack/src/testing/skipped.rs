use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Says loudly that a test did not run, and keeps count for `make test`. Under `CI=true` it is a failure.
#[expect(clippy::panic, reason = "where nothing may be skipped, a test that cannot run has failed")]
pub(crate) fn record_skip(lacking: &str, test: &str, reason: &str) {
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        panic!("{test} cannot run without {lacking}, and CI=true allows no skip: {reason}");
    }
    let line = format!("SKIPPED (no {lacking}): {test}: {}\n", reason.lines().next().unwrap_or_default());
    // Straight to the stream: what goes through the test harness is shown for failed tests only.
    _ = std::io::stderr().lock().write_all(line.as_bytes());
    let list = std::env::var_os(LIST_VARIABLE).map(PathBuf::from);
    let list = list.unwrap_or_else(|| target_directory().join("skipped-tests.txt"));
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(list) {
        _ = file.write_all(line.as_bytes());
    }
}

/// The variable that names another list of skipped tests than `target/skipped-tests.txt`.
const LIST_VARIABLE: &str = "KEYWRIGHT_SKIPPED_TESTS";

/// The workspace's `target/`.
pub(crate) fn target_directory() -> PathBuf {
    workspace().join("target")
}

/// The workspace that this crate was compiled in.
pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

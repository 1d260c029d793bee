//! A `keywright dev` on a directory of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A directory for one stack, removed at the end with whatever still runs on it.
pub(crate) struct DataDir {
    outer: TempDir,
}

impl DataDir {
    pub(crate) fn new() -> Self {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        let outer = tempfile::Builder::new().prefix("keywright-cli-").permissions(mode).tempdir();
        Self { outer: outer.expect("a directory") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    /// The processes of Postgres that work on it.
    pub(crate) fn postgres_processes(&self) -> Vec<Pid> {
        let Ok(data) = self.path().join("postgres/data").canonicalize() else { return Vec::new() };
        let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid: &i32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data))
            .filter_map(Pid::from_raw)
            .collect()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        for pid in self.postgres_processes() {
            // It may have ended meanwhile.
            _ = kill_process(pid, Signal::KILL);
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.postgres_processes().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A running `keywright dev`; killed when it is dropped.
pub(crate) struct Dev {
    child: Child,
    log: PathBuf,
}

impl Dev {
    /// Starts it on a free port.
    pub(crate) fn spawn(dir: &DataDir, arguments: &[&str]) -> Self {
        let log = dir.outer.path().join("dev.log");
        let output = File::create(&log).expect("a log");
        let mut command = keywright(&["dev", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(dir.path()).args(arguments).stdin(Stdio::null());
        command.stdout(output.try_clone().expect("a log")).stderr(output);
        Self { child: command.spawn().expect("a process"), log }
    }

    /// Starts it, and waits until it is ready: what it exports.
    pub(crate) fn start(dir: &DataDir, arguments: &[&str]) -> (Self, BTreeMap<String, String>) {
        let mut dev = Self::spawn(dir, arguments);
        dev.wait_for("export AWS_DEFAULT_REGION=");
        let exports = exports(&dev.output());
        (dev, exports)
    }

    /// One that is expected to end by itself: how, and what it said.
    pub(crate) fn run(dir: &DataDir, arguments: &[&str]) -> (ExitStatus, String) {
        let mut command = keywright(&["dev", "--listen", "127.0.0.1:0", "--data-dir"]);
        let output = command.arg(dir.path()).args(arguments).output().expect("a process");
        (output.status, String::from_utf8(output.stderr).expect("a text"))
    }

    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Waits until a whole line with this has been printed.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(120);
        let printed = |output: &str| {
            output.split_inclusive('\n').any(|line| line.contains(text) && line.ends_with('\n'))
        };
        while !printed(&self.output()) {
            let ended = self.child.try_wait().expect("a status");
            assert!(ended.is_none(), "it ended with {ended:?}:\n{}", self.output());
            assert!(Instant::now() < deadline, "{text:?} was not printed in time:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("a process that runs");
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return (status, self.output());
            }
            assert!(Instant::now() < deadline, "it did not end in time:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The command, with none of the variables that it would heed.
pub(crate) fn keywright(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
    for (name, _) in std::env::vars() {
        if ["KEYWRIGHT_", "KAFKA_", "AWS_", "RUST_LOG"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// The `export NAME=value` lines of a text.
pub(crate) fn exports(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Every file below `dir`, but for what is Postgres's own.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a directory").flatten().map(|entry| entry.path());
    let mut all = Vec::new();
    for path in entries.filter(|path| !path.ends_with("postgres/data")) {
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

//! A server process that ends with its parent.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use crate::LocalStackError;
use crate::error::AtPath;

/// A child process with its output in a log file.
///
/// The signal that the kernel sends a child when its parent dies is tied to the *thread* that made the child. So each
/// child has a thread of its own, which makes it and then waits for its end.
#[derive(Debug)]
pub(crate) struct ManagedChild {
    program: &'static str,
    pid: Pid,
    log: PathBuf,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl ManagedChild {
    /// Runs `command` with no input and its output appended to `log`, in a process group of its own, so that a
    /// Ctrl-C on the terminal reaches us first.
    pub(crate) fn spawn(
        program: &'static str,
        mut command: Command,
        log: &Path,
    ) -> Result<Self, LocalStackError> {
        let output = open_log(log)?;
        command
            .stdin(Stdio::null())
            .stderr(output.try_clone().at("open", log)?)
            .stdout(output)
            .process_group(0);

        let (started, on_start) = std::sync::mpsc::sync_channel(1);
        let (ended, exit) = watch::channel(None);
        let path = PathBuf::from(command.get_program());
        std::thread::Builder::new()
            .name(format!("{program}-parent"))
            .spawn(move || match command.spawn() {
                Err(error) => _ = started.send(Err(error)),
                Ok(mut child) => {
                    _ = started.send(Ok(child.id()));
                    if let Ok(status) = child.wait() {
                        ended.send_replace(Some(status));
                    }
                }
            })
            .at("make a thread for", &path)?;
        let id = on_start
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("its thread ended")))
            .at("run", &path)?;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| std::io::Error::other("no process id")).at("run", &path)?;
        Ok(Self { program, pid, log: log.to_owned(), exit })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Sends a signal; one that has ended already is no error.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.exit_status().is_none() {
            _ = kill_process(self.pid, signal);
        }
    }

    /// Waits for its end, at most for `limit`.
    pub(crate) async fn wait(&self, limit: Duration) -> Result<ExitStatus, LocalStackError> {
        let mut exit = self.exit.clone();
        let ended = async { exit.wait_for(Option::is_some).await.ok().and_then(|status| *status) };
        match tokio::time::timeout(limit, ended).await {
            Ok(Some(status)) => Ok(status),
            Ok(None) | Err(_) => Err(self.timed_out("stopped", limit, self.log_tail())),
        }
    }

    /// Resolves at its end, whenever that is.
    pub(crate) async fn ended(&self) {
        // The sender goes with the thread that waited for the child.
        _ = self.exit.clone().wait_for(Option::is_some).await;
    }

    /// Whether `text` is in what was written to the log after its first `from` bytes.
    fn has_logged(&self, text: &str, from: u64) -> bool {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    }

    /// Waits until `text` is in the log after its first `from` bytes, as servers write when they are ready. One that ends
    /// before, or takes longer than `limit`, is an error; the latter is killed.
    pub(crate) async fn wait_until_logged(
        &self,
        text: &str,
        from: u64,
        limit: Duration,
    ) -> Result<(), LocalStackError> {
        let deadline = Instant::now() + limit;
        while !self.has_logged(text, from) {
            if let Some(status) = self.exit_status() {
                return Err(self.exited(status));
            }
            if Instant::now() > deadline {
                self.signal(Signal::KILL);
                return Err(self.timed_out("ready", limit, self.log_tail()));
            }
            tokio::time::sleep(LOG_POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// The error for an unexpected end.
    pub(crate) fn exited(&self, status: ExitStatus) -> LocalStackError {
        let (program, log, tail) = (self.program, self.log.clone(), self.log_tail());
        LocalStackError::Exited { program, status, log, tail }
    }

    pub(crate) fn timed_out(&self, state: &'static str, waited: Duration, last: String) -> LocalStackError {
        LocalStackError::TimedOut { program: self.program, state, waited, last }
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> String {
        read_tail(&self.log).unwrap_or_else(|error| format!("(no log: {error})"))
    }
}

fn open_log(log: &Path) -> Result<File, LocalStackError> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(log).at("open", log)
}

fn read_tail(log: &Path) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("\n"))
}

const LOG_POLL_INTERVAL: Duration = Duration::from_millis(50);
const TAIL_BYTES: u64 = 8192;
const TAIL_LINES: usize = 12;

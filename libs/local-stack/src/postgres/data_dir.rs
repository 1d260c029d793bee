//! The directory of a cluster: its layout, its making, what a dead process left in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use uuid::Uuid;

use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::privileges::ServerUser;
use crate::{LocalStackError, PgBinaries, processes};

/// A cluster's directory:
///
/// ```text
/// data/               Postgres's own
/// superuser.password  mode 0600
/// postgres.log        mode 0600
/// lock                held by the process that runs the cluster
/// ```
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The directory, made if it is not there. Others may pass through it, for the server's user is another.
    pub(crate) fn open(root: &Path) -> Result<Self, LocalStackError> {
        DirBuilder::new().recursive(true).mode(0o711).create(root).at("make the directory", root)?;
        Ok(Self { root: root.canonicalize().at("resolve", root)? })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Makes a cluster with a random superuser password if there is none. Says whether it did.
    pub(crate) async fn initialize(
        &self,
        binaries: &PgBinaries,
        user: &ServerUser,
        durable: bool,
    ) -> Result<bool, LocalStackError> {
        if self.data().exists() {
            self.check_version(binaries)?;
            return Ok(false);
        }
        tracing::info!(dir = %self.root.display(), "making a Postgres cluster");
        self.write_password()?;
        self.run_initdb(binaries, user, durable).await?;
        Ok(true)
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> Result<String, LocalStackError> {
        let path = self.password_file();
        fs::read_to_string(&path).at("read", &path)
    }

    /// Ends a server that outlived the process which started it, and removes what a dead one left.
    pub(crate) async fn end_leftover_server(&self) -> Result<(), LocalStackError> {
        let data = self.data();
        let left = processes::working_in(&data);
        let pid_file = data.join("postmaster.pid");
        if let Some(postmaster) = postmaster_of(&pid_file).filter(|pid| left.contains(pid)) {
            tracing::info!(
                pid = postmaster.as_raw_nonzero(),
                "stopping a Postgres left by a process that is gone"
            );
            _ = kill_process(postmaster, Signal::INT);
        }
        if !processes::wait_until_none_in(&data, LEFTOVER_LIMIT).await {
            // The lock says that nobody else runs this cluster, and what was committed is in the WAL.
            for pid in processes::working_in(&data) {
                _ = kill_process(pid, Signal::KILL);
            }
            processes::wait_until_none_in(&data, LEFTOVER_LIMIT).await;
        }
        // Its process id may be another process's by now, which Postgres would take for a running server.
        remove_if_there(&pid_file)
    }

    fn check_version(&self, binaries: &PgBinaries) -> Result<(), LocalStackError> {
        let path = self.data().join("PG_VERSION");
        let text = fs::read_to_string(&path).at("read", &path)?;
        let data = text.trim().parse().unwrap_or(0);
        if data == binaries.major() {
            return Ok(());
        }
        let (dir, bin, server) = (self.data(), binaries.bin().to_owned(), binaries.major());
        Err(LocalStackError::MajorVersion { dir, data, bin, server })
    }

    /// Runs `initdb` in a directory beside `data` and renames that at the end, so that `data` is whole or not there.
    async fn run_initdb(
        &self,
        binaries: &PgBinaries,
        user: &ServerUser,
        durable: bool,
    ) -> Result<(), LocalStackError> {
        let unfinished = self.root.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).at("remove", &unfinished)?;
        }
        DirBuilder::new().mode(0o700).create(&unfinished).at("make the directory", &unfinished)?;
        user.own(&unfinished)?;
        // The server's user must read the password once, and may not read our file.
        let password_copy = self.root.join("initdb.password");
        remove_if_there(&password_copy)?;
        write_private(&password_copy, &self.password()?)?;
        user.own(&password_copy)?;

        let mut command = user.command(&binaries.initdb(), "INT");
        command.arg("-D").arg(&unfinished).args(["-U", SUPERUSER, "--auth=scram-sha-256"]);
        command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
        command.arg("--pwfile").arg(&password_copy).current_dir(&self.root);
        if !durable {
            command.arg("--no-sync");
        }
        let initdb = ManagedChild::spawn("initdb", command, &self.log())?;
        let status = initdb.wait(INITDB_LIMIT).await;
        remove_if_there(&password_copy)?;
        let status = status?;
        if !status.success() {
            return Err(initdb.exited(status));
        }
        fs::rename(&unfinished, self.data()).at("rename", &unfinished)
    }

    fn write_password(&self) -> Result<(), LocalStackError> {
        let path = self.password_file();
        remove_if_there(&path)?;
        write_private(&path, &random_password())
    }

    fn password_file(&self) -> PathBuf {
        self.root.join("superuser.password")
    }
}

/// 244 random bits.
pub(crate) fn random_password() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

fn postmaster_of(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn write_private(path: &Path, text: &str) -> Result<(), LocalStackError> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).at("make", path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).at("write", path)
}

fn remove_if_there(path: &Path) -> Result<(), LocalStackError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at("remove", path),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The superuser's name.
pub(crate) const SUPERUSER: &str = "postgres";
const INITDB_LIMIT: Duration = Duration::from_secs(120);
const LEFTOVER_LIMIT: Duration = Duration::from_secs(30);

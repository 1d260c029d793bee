//! As whom a server runs: Postgres refuses to be root.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::LocalStackError;
use crate::error::AtPath;

/// The identity of a server's processes, put on through util-linux's `setpriv`.
#[derive(Debug, Clone)]
pub(crate) struct ServerUser {
    /// `None`: as ourselves.
    other: Option<Account>,
    /// Whether it may pass directories that are closed to it.
    passes_directories: bool,
}

#[derive(Debug, Clone)]
struct Account {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl ServerUser {
    /// The user for a server whose files are below `dir`: ourselves, unless we are root.
    ///
    /// Where a parent of `dir` is closed to that user (as below `/root`), its processes get the one capability that
    /// opens directories for reading.
    pub(crate) fn for_directory(dir: &Path) -> Result<Self, LocalStackError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::ourselves());
        }
        let account = unprivileged_account()?;
        let name = account.name;
        let plain = Self { other: Some(account), passes_directories: false };
        if plain.reaches(dir)? {
            return Ok(plain);
        }
        let passing = Self { passes_directories: true, ..plain };
        if passing.reaches(dir)? {
            return Ok(passing);
        }
        Err(LocalStackError::Unreachable { dir: dir.to_owned(), user: name })
    }

    /// Ourselves, for a server that does not mind being root.
    pub(crate) fn ourselves() -> Self {
        Self { other: None, passes_directories: false }
    }

    /// A command that runs `program` as this user, with next to nothing of our environment, and that is sent
    /// `last_signal` (such as `INT`) when the thread which started it ends.
    pub(crate) fn command(&self, program: &Path, last_signal: &str) -> Command {
        let mut command = Command::new(SETPRIV);
        command.env_clear().env("PATH", SYSTEM_PATH).env("LC_ALL", "C").args(["--pdeathsig", last_signal]);
        if let Some(account) = &self.other {
            command.args(["--reuid", &account.uid.to_string(), "--regid", &account.gid.to_string()]);
            command.arg("--init-groups");
        }
        if self.passes_directories {
            command.args(["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Makes this user the owner of `path`.
    pub(crate) fn own(&self, path: &Path) -> Result<(), LocalStackError> {
        match &self.other {
            Some(account) => {
                chown(path, Some(account.uid), Some(account.gid)).at("change the owner of", path)
            }
            None => Ok(()),
        }
    }

    fn reaches(&self, dir: &Path) -> Result<bool, LocalStackError> {
        // Not `test -x`: access(2) leaves capabilities out of account.
        let mut command = self.command(Path::new("stat"), "KILL");
        command.arg(dir.join(".")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            Ok(status) => Ok(status.success()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(LocalStackError::ProgramNotFound { program: SETPRIV, package: "util-linux" })
            }
            Err(error) => Err(error).at("run", Path::new(SETPRIV)),
        }
    }
}

/// `postgres` where the machine has that user, or else `nobody`.
fn unprivileged_account() -> Result<Account, LocalStackError> {
    for name in ["postgres", "nobody"] {
        if let (Some(uid), Some(gid)) = (id_of("-u", name)?, id_of("-g", name)?) {
            return Ok(Account { name, uid, gid });
        }
    }
    let no_user = std::io::Error::other("this machine has neither a user postgres nor a user nobody");
    Err(no_user).at("look up users with", Path::new("id"))
}

fn id_of(flag: &str, name: &str) -> Result<Option<u32>, LocalStackError> {
    let output = Command::new("id").args([flag, name]).output().at("run", Path::new("id"))?;
    Ok(std::str::from_utf8(&output.stdout).ok().and_then(|text| text.trim().parse().ok()))
}

const SETPRIV: &str = "setpriv";
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

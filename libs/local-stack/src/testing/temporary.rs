//! A directory that is removed when the process ends, in whatever way.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use uuid::Uuid;

use crate::LocalStackError;
use crate::error::AtPath;

/// A new directory below the system's temporary one. A static is never dropped and a killed process drops nothing, so a
/// small shell waits for the end of our side of its pipe, then for the server to be gone, and removes the directory.
#[derive(Debug)]
pub struct TemporaryDir {
    path: PathBuf,
    _lifeline: ChildStdin,
}

impl TemporaryDir {
    /// Makes the directory; `purpose` is part of its name.
    ///
    /// # Errors
    /// It cannot be made, or no shell can be run.
    pub fn new(purpose: &str) -> Result<Self, LocalStackError> {
        let path = std::env::temp_dir().join(format!("keywright-{purpose}-{}", Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o711).create(&path).at("make the directory", &path)?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(REMOVE_AT_END).arg("sh").arg(&path).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let lifeline = command.spawn().at("run", Path::new("sh"))?.stdin.take();
        let lifeline = lifeline.ok_or_else(|| std::io::Error::other("no pipe")).at("run", Path::new("sh"))?;
        Ok(Self { path, _lifeline: lifeline })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Postgres removes its pid file as the last thing it does. Kafka, which is killed, may be making a file still.
const REMOVE_AT_END: &str = r#"
read -r _
for _ in $(seq 300); do
    [ -e "$1/data/postmaster.pid" ] && kill -0 "$(head -n 1 "$1/data/postmaster.pid")" || break
    sleep 0.1
done
for _ in $(seq 50); do
    rm -rf -- "$1" && break
    sleep 0.1
done
"#;

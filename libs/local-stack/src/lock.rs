use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::LocalStackError;
use crate::error::AtPath;

/// The right to run a server on a directory. The kernel takes it back when the process ends, in whatever way.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the lock of `dir`, or says that it is in use.
    pub(crate) fn take(dir: &Path) -> Result<Self, LocalStackError> {
        let path = dir.join(LOCK_FILE);
        let file = open(&path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(Errno::WOULDBLOCK) => Err(LocalStackError::InUse { dir: dir.to_owned() }),
            Err(error) => Err(error).at("lock", &path),
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Closing the file would not do: a child that was forked meanwhile has it open too, until it runs its program.
        // If this fails, the kernel does it at that moment.
        _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn open(path: &Path) -> Result<File, LocalStackError> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).at("open", path)
}

const LOCK_FILE: &str = "lock";

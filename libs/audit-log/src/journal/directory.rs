//! The directory that one process holds.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use tracing::warn;

use super::JournalError;

/// The right to write in a directory. It ends when this is dropped, or with the process, in whatever way.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Makes the directory if it is missing, and locks it for this process.
    ///
    /// # Errors
    /// When another journal, here or in another process, holds it, or the file system refuses.
    pub(super) fn take(dir: &Path) -> Result<Self, JournalError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(JournalError::io("create the directory", dir))?;
        let path = dir.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(JournalError::io("open the lock", &path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(Errno::WOULDBLOCK) => Err(JournalError::Locked { dir: dir.to_owned() }),
            Err(error) => Err(JournalError::io("take the lock", path)(error.into())),
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Closing the file would not do: a child that was forked meanwhile has it open too, until it runs its program.
        if let Err(error) = flock(&self.file, FlockOperation::Unlock) {
            warn!(error = %error, "lock of the journal's directory not let go");
        }
    }
}

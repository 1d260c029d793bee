//! Whose the data directory is: one process at a time, one account for ever.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use keywright_aws_api::AccountId;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::private_file;
use crate::error::{AtPath as _, CliError};

/// The right to run the stack of a directory. The kernel takes it back when the process ends, in whatever way.
#[derive(Debug)]
pub(crate) struct StackLock {
    file: File,
}

impl StackLock {
    pub(crate) fn take(layout: &Layout) -> Result<Self, CliError> {
        let path = layout.lock();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).at("open", &path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                // Who it is only helps to find it.
                _ = file.read_to_string(&mut holder);
                return Err(CliError::InUse {
                    data_dir: layout.root().to_owned(),
                    pid: holder.trim().parse().ok(),
                });
            }
            Err(error) => return Err(error).at("lock", &path),
        }
        let holder = format!("{}\n", std::process::id());
        file.rewind().and_then(|()| file.set_len(0)).at("write", &path)?;
        file.write_all(holder.as_bytes()).at("write", &path)?;
        Ok(Self { file })
    }
}

impl Drop for StackLock {
    fn drop(&mut self) {
        // Closing the file would not do: a child that was forked meanwhile has it open too, until it runs its program.
        // If this fails, the kernel does it at that moment.
        _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// What can't change once there is data.
#[derive(Debug, Serialize, Deserialize)]
struct Installation {
    account: AccountId,
}

/// Refuses another account than the data was made for; at the first start notes it.
pub(crate) fn check_account(layout: &Layout, asked: AccountId) -> Result<(), CliError> {
    let path = layout.installation();
    let Some(text) = private_file::read(&path)? else {
        let installation = Installation { account: asked };
        let text = serde_json::to_string_pretty(&installation);
        let text =
            text.map_err(|error| CliError::Damaged { path: path.clone(), reason: error.to_string() })?;
        return private_file::write(&path, &format!("{text}\n"));
    };
    let installation: Installation = serde_json::from_str(&text)
        .map_err(|error| CliError::Damaged { path: path.clone(), reason: error.to_string() })?;
    if installation.account == asked {
        return Ok(());
    }
    Err(CliError::OtherAccount { data_dir: layout.root().to_owned(), stored: installation.account, asked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_run_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::make(dir.path()).unwrap();
        let first = StackLock::take(&layout).unwrap();
        let refused = StackLock::take(&layout).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(refused.contains("--data-dir"), "{refused}");
        drop(first);
        StackLock::take(&layout).unwrap();
    }

    #[test]
    fn a_directory_keeps_its_account() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::make(dir.path()).unwrap();
        let [first, other] = ["111122223333", "444455556666"].map(|id| AccountId::parse(id).unwrap());
        check_account(&layout, first).unwrap();
        check_account(&layout, first).unwrap();
        let refused = check_account(&layout, other).unwrap_err().to_string();
        assert!(refused.contains("--account 111122223333"), "{refused}");
        std::fs::write(layout.installation(), "{").unwrap();
        assert!(matches!(check_account(&layout, first), Err(CliError::Damaged { .. })));
    }
}

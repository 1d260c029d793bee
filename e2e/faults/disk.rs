//! A small disk for journals or for Postgres, that can be filled and freed.
//!
//! A tmpfs of its own where we may mount one. Elsewhere the processes that write are told that files may not grow (their
//! `RLIMIT_FSIZE`): each new file, and each write, fails as on a full disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// The disk of one directory.
pub(crate) struct SmallDisk {
    path: PathBuf,
    mounted: bool,
}

impl SmallDisk {
    /// A disk of so many MiB at `path`, which is made.
    pub(crate) fn at(path: &Path, mib: u32) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={mib}m,mode=0711"), "tmpfs"]).arg(path);
        let mounted = command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success());
        Ok(Self { path: path.to_owned(), mounted })
    }

    /// What this disk is, for the report.
    pub(crate) fn kind(&self) -> &'static str {
        if self.mounted { "a tmpfs of its own" } else { "a limit on file sizes" }
    }

    /// Leaves no room, now; what is freed later is free.
    pub(crate) fn fill(&self, writers: &[u32]) -> Result<()> {
        if !self.mounted {
            return writers.iter().try_for_each(|writer| limit(*writer, Some(1)));
        }
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(self.ballast())?;
        for size in [1_024 * 1_024, 4_096] {
            let block = vec![0; size];
            while ballast.write_all(&block).is_ok() {}
        }
        Ok(())
    }

    /// Leaves room again.
    pub(crate) fn free(&self, writers: &[u32]) -> Result<()> {
        if self.mounted {
            return Ok(std::fs::remove_file(self.ballast())?);
        }
        writers.iter().try_for_each(|writer| limit(*writer, None))
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: who still writes there is being killed.
            let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
        }
    }
}

fn limit(writer: u32, bytes: Option<u64>) -> Result<()> {
    let pid = i32::try_from(writer).ok().and_then(Pid::from_raw).context("a process id")?;
    let before = match prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }) {
        // It has ended meanwhile, and writes nothing.
        Err(Errno::SRCH) => return Ok(()),
        before => before?,
    };
    ensure!(before.maximum.is_none(), "file sizes are limited here already");
    Ok(())
}

//! How a journal is opened.

use std::path::PathBuf;

/// Where a journal lies and how large it may grow.
#[derive(Debug, Clone)]
pub struct JournalConfig {
    /// The journal's own directory; made if missing. No two processes share one.
    pub dir: PathBuf,
    /// What it is called in metrics and thread names, such as `kms`.
    pub name: String,
    /// The size of one segment file, in bytes, preallocated.
    pub segment_bytes: u64,
    /// The bound on entries that nobody has acknowledged yet, in bytes; beyond it appends are refused.
    pub max_bytes: u64,
}

impl JournalConfig {
    /// 64 MiB a segment, 4 GiB not yet acknowledged.
    pub fn new(dir: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { dir: dir.into(), name: name.into(), segment_bytes: 64 * MIB, max_bytes: 4_096 * MIB }
    }
}

const MIB: u64 = 1_024 * 1_024;

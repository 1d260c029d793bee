//! Why a journal refuses.

use std::{io, path::PathBuf, sync::Arc};

use thiserror::Error;

use super::Position;

/// Why a journal could not be opened, appended to or read. Cheap to clone: a whole batch may fail of one cause.
#[derive(Debug, Clone, Error)]
pub enum JournalError {
    /// The entry could not be made durable; the next append tries anew.
    #[error("journal cannot be written")]
    Unavailable(#[source] Arc<io::Error>),
    /// What is not yet acknowledged has reached its bound.
    #[error("journal is full, max_bytes={max_bytes}")]
    Full {
        /// The bound.
        max_bytes: u64,
    },
    /// The journal is being closed.
    #[error("journal is closed")]
    Closed,
    /// The entry is larger than any journal takes.
    #[error("journal entry is too large, bytes={bytes}, limit={limit}")]
    TooLarge {
        /// Its size with its frame.
        bytes: u64,
        /// The largest size.
        limit: u64,
    },
    /// Another process holds the journal.
    #[error("journal is held by another process, dir={}", dir.display())]
    Locked {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// Durable data has been damaged: nothing is repaired silently.
    #[error("journal is corrupt, file={}, offset={offset}: {reason}", file.display())]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The entries asked for were acknowledged and freed.
    #[error("journal entries were freed, requested={requested}, oldest={oldest}")]
    Freed {
        /// The position asked for.
        requested: Position,
        /// The oldest that is still there.
        oldest: Position,
    },
    /// A file or thread of the journal could not be used while opening or reading.
    #[error("journal cannot {action}, path={}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        cause: Arc<io::Error>,
    },
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { action, path, cause: Arc::new(cause) }
    }

    /// Whether the same append may succeed later without anyone changing it.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Full { .. } => true,
            Self::Closed
            | Self::TooLarge { .. }
            | Self::Locked { .. }
            | Self::Corrupt { .. }
            | Self::Freed { .. }
            | Self::Io { .. } => false,
        }
    }
}

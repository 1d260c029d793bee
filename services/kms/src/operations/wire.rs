//! Types of answers.

use std::sync::Arc;

use serde::{Serialize, Serializer};

/// An answer without members.
#[derive(Serialize, Debug)]
pub(crate) struct Nothing {}

/// Text that is shared with what is kept in memory, so that an answer copies none.
#[derive(Clone, Debug)]
pub(crate) struct SharedText(pub(crate) Arc<str>);

impl SharedText {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for SharedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// How many entries an answer lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize(u16);

impl PageSize {
    pub(crate) fn len(self) -> usize {
        usize::from(self.0)
    }

    /// How many rows to read: one more, which tells whether there are others behind the page.
    pub(crate) fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// The size that was asked for, within the list's limits.
pub(crate) fn page_size(limit: Option<i32>, default: u16, max: u16) -> PageSize {
    PageSize(limit.map_or(default, |limit| u16::try_from(limit).unwrap_or(max)).clamp(1, max))
}

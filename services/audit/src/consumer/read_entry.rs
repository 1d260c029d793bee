//! Entries, told apart: events, and what is none.

use keywright_audit_log::SourcedEntry;
use time::OffsetDateTime;

use crate::domain::event::Event;
use crate::domain::indexed_text::indexed;
use crate::store::dead_letters::DeadLetter;

/// An entry that was read.
#[derive(Debug)]
pub struct ReadEntry {
    /// As it came.
    pub entry: SourcedEntry,
    /// What it is, or why it is no event; without NUL.
    pub event: Result<Event, String>,
}

impl ReadEntry {
    /// Reads an entry that has arrived at `now`.
    #[must_use]
    pub fn new(entry: SourcedEntry, now: OffsetDateTime) -> Self {
        let event = Event::read(&entry.payload, now).map_err(|error| indexed(error.to_string()));
        Self { entry, event }
    }

    /// The dead letter that it is, unless it is an event.
    pub(super) fn dead_letter(&self) -> Option<DeadLetter<'_>> {
        let reason = self.event.as_ref().err()?;
        Some(DeadLetter { entry: &self.entry, reason: reason.clone() })
    }
}

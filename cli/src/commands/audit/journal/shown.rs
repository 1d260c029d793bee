//! A journal as text and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use keywright_audit_log::StoredEntry;
use keywright_audit_log::journal::inspect::{CursorSlot, Inspection, Segment};
use serde::Deserialize;
use serde_json::{Value, json};

/// The columns of a record that a list shows.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    event_time: Option<String>,
    event_source: Option<String>,
    event_name: Option<String>,
}

impl Event {
    /// Empty where the payload is no record.
    fn of(entry: &StoredEntry) -> Self {
        serde_json::from_slice(&entry.entry.payload).unwrap_or_default()
    }
}

pub(super) fn inspection_as_text(dir: &Path, seen: &Inspection) -> String {
    let mut text = format!("journal         {}\n", dir.display());
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<16}{value}");
    };
    line("id", seen.journal_id.map_or_else(|| "none yet".to_owned(), |id| id.to_string()));
    line(
        "held by",
        match seen.held_by {
            Some(pid) => format!("process {pid}"),
            None => "nobody".to_owned(),
        },
    );
    line("acknowledged", format!("everything before position {}", seen.acknowledged));
    for (number, slot) in (0..).zip(&seen.cursor_slots) {
        line(
            &format!("cursor slot {number}"),
            slot.as_ref().map_or_else(|| "empty or ruined".to_owned(), slot_as_text),
        );
    }
    let (entries, bytes) = (seen.unacknowledged_entries, seen.unacknowledged_bytes);
    line("unacknowledged", format!("{entries} records, {bytes} bytes"));
    if !seen.segments.is_empty() {
        let _ = writeln!(
            text,
            "\n{:<30}{:>12}{:>12}{:>10}{:>12}{:>12}",
            "segment", "first", "last", "records", "bytes", "free"
        );
    }
    for segment in &seen.segments {
        let name = segment.path.file_name().unwrap_or_default().to_string_lossy();
        let last = segment.end.get().saturating_sub(1);
        let _ = writeln!(
            text,
            "{name:<30}{:>12}{:>12}{:>10}{:>12}{:>12}{}",
            segment.first.get(),
            if segment.entries() == 0 { "-".to_owned() } else { last.to_string() },
            segment.entries(),
            segment.used_bytes,
            segment.free_bytes(),
            if segment.has_void_end { "  void end" } else { "" }
        );
    }
    text.push('\n');
    if seen.damage.is_empty() {
        text.push_str("every record that is there is whole\n");
    }
    for damage in &seen.damage {
        let _ =
            writeln!(text, "DAMAGED: {} at byte {}: {}", damage.file.display(), damage.offset, damage.reason);
    }
    text
}

fn slot_as_text(slot: &CursorSlot) -> String {
    format!("turn {}, acknowledged before {}", slot.turn, slot.acknowledged)
}

pub(super) fn inspection_as_json(seen: &Inspection) -> Value {
    let slots = seen.cursor_slots.iter().map(|slot| {
        slot.map(|slot| {
            json!({"journalId": slot.journal_id, "turn": slot.turn, "acknowledgedBefore": slot.acknowledged.get()})
        })
    });
    let damage = seen
        .damage
        .iter()
        .map(|damage| json!({"file": damage.file, "offset": damage.offset, "reason": damage.reason}));
    json!({
        "journalId": seen.journal_id,
        "heldBy": seen.held_by,
        "acknowledgedBefore": seen.acknowledged.get(),
        "cursorSlots": slots.collect::<Vec<_>>(),
        "unacknowledged": {"entries": seen.unacknowledged_entries, "bytes": seen.unacknowledged_bytes},
        "segments": seen.segments.iter().map(segment_as_json).collect::<Vec<_>>(),
        "damage": damage.collect::<Vec<_>>(),
    })
}

fn segment_as_json(segment: &Segment) -> Value {
    json!({
        "file": segment.path,
        "first": segment.first.get(),
        "end": segment.end.get(),
        "entries": segment.entries(),
        "fileBytes": segment.file_bytes,
        "usedBytes": segment.used_bytes,
        "freeBytes": segment.free_bytes(),
        "voidEnd": segment.has_void_end,
    })
}

pub(super) fn entries_as_text(entries: &[StoredEntry], records: bool) -> String {
    let mut text = String::from("\n");
    for stored in entries {
        let Event { event_time, event_source, event_name } = Event::of(stored);
        let shown = |field: Option<String>| field.unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(
            text,
            "{:>12}  {}  {:<20}  {:<28} {:<28} {}",
            stored.position.get(),
            stored.entry.event_id,
            shown(event_time),
            shown(event_source),
            shown(event_name),
            String::from_utf8_lossy(&stored.entry.partition_key),
        );
        if records {
            let _ = writeln!(text, "{}", String::from_utf8_lossy(&stored.entry.payload));
        }
    }
    text
}

pub(super) fn entries_as_json(entries: &[StoredEntry], records: bool) -> Value {
    let listed = entries.iter().map(|stored| {
        let Event { event_time, event_source, event_name } = Event::of(stored);
        let mut entry = json!({
            "position": stored.position.get(),
            "eventID": stored.entry.event_id,
            "partitionKey": String::from_utf8_lossy(&stored.entry.partition_key),
            "eventTime": event_time,
            "eventSource": event_source,
            "eventName": event_name,
        });
        if records && let Some(members) = entry.as_object_mut() {
            let record = String::from_utf8_lossy(&stored.entry.payload).into_owned();
            members.insert("record".to_owned(), Value::String(record));
        }
        entry
    });
    Value::Array(listed.collect())
}

//! A plan, as a person reads it.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::plan::{Aspect, Plan, Step};
use crate::commands::audit::output::harmless;

impl Plan {
    /// A line for each parameter, and their number. The values of SecureStrings are in it only where they are asked for.
    pub(crate) fn shown(&self, show_values: bool) -> Zeroizing<String> {
        let bytes: usize = self.steps.iter().map(|step| step.room(show_values)).sum();
        let names: usize = self.deleted.iter().map(|name| name.len() + ROOM).sum();
        let mut text = Zeroizing::new(String::with_capacity(bytes + names + ROOM));
        for step in &self.steps {
            step.push_line(&mut text, show_values);
        }
        for name in &self.deleted {
            _ = writeln!(text, "- {name}");
        }
        let (added, changed, same) = self.counts();
        _ = writeln!(
            text,
            "{added} to add, {changed} to change, {} to delete, {same} unchanged",
            self.deleted.len()
        );
        text
    }
}

impl Step {
    fn push_line(&self, text: &mut String, show_values: bool) {
        let (name, kind) = (&self.name, self.kind.as_str());
        let shows = show_values || !self.is_secret();
        let value = self.entry.value.expose_secret();
        let Some((current, _)) = &self.current else {
            _ = write!(text, "+ {name} ({kind})");
            if shows {
                text.push_str(" = ");
                push_value(text, value);
            }
            text.push('\n');
            return;
        };
        let aspects = self.aspects();
        if aspects.is_empty() {
            _ = writeln!(text, "= {name} ({kind})");
            return;
        }
        _ = write!(text, "~ {name} ({kind}): ");
        for (index, aspect) in aspects.into_iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            match aspect {
                Aspect::Value if shows => {
                    push_value(text, current.value.expose_secret());
                    text.push_str(" -> ");
                    push_value(text, value);
                }
                Aspect::Value => text.push_str("value"),
                Aspect::Kind => {
                    _ = write!(text, "type {} -> {kind}", current.kind.as_str());
                }
                Aspect::Tier => text.push_str("tier"),
                Aspect::Key => text.push_str("key"),
                Aspect::Description => text.push_str("description"),
                Aspect::AllowedPattern => text.push_str("allowed pattern"),
                Aspect::DataType => text.push_str("data type"),
                Aspect::Tags => text.push_str("tags"),
            }
        }
        text.push('\n');
    }

    /// More than its line can have.
    fn room(&self, show_values: bool) -> usize {
        let values = if show_values || !self.is_secret() { 2 * LONGEST_SHOWN * LONGEST_CHARACTER } else { 0 };
        self.name.len() + values + ROOM
    }
}

/// The beginning of a value in quotes.
fn push_value(text: &mut String, value: &str) {
    text.push('"');
    for (index, ch) in value.chars().enumerate() {
        if index == LONGEST_SHOWN {
            text.push('…');
            break;
        }
        match ch {
            '\n' => text.push_str("\\n"),
            '"' | '\\' => text.extend(['\\', ch]),
            _ => text.push_str(&harmless(ch.encode_utf8(&mut [0; 4]))),
        }
    }
    text.push('"');
}

const LONGEST_SHOWN: usize = 60;
const LONGEST_CHARACTER: usize = 4;
/// Marks, types and names of settings.
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_value_is_short_and_moves_no_cursor() {
        let mut text = String::new();
        push_value(&mut text, "a\"b\n\u{1b}[2J");
        assert_eq!(text, "\"a\\\"b\\n\u{fffd}[2J\"");
        text.clear();
        push_value(&mut text, &"ü".repeat(100));
        assert_eq!(text.chars().count(), LONGEST_SHOWN + 3);
    }
}

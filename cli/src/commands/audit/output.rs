//! Standard output, for what may be piped on: when nobody reads any more, there is no use in going on.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use crate::error::CliError;

/// Standard output.
pub(crate) struct Output {
    /// The terminal's columns, if it is one.
    width: Option<usize>,
}

/// Whether somebody reads still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Reads,
    Gone,
}

impl Output {
    pub(crate) fn open() -> Self {
        let size = terminal_size::terminal_size_of(io::stdout());
        let width = size.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0);
        Self { width: width.filter(|_| io::stdout().is_terminal()) }
    }

    /// How wide lines may be.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Whether there may be colours.
    pub(crate) fn has_colours(&self) -> bool {
        self.width.is_some() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Writes text.
    pub(crate) fn print(&self, text: &str) -> Result<Reader, CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(Reader::Reads),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(CliError::Output(error)),
        }
    }
}

/// Text without what a terminal would take for more than text: events have words of strangers in them.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|ch| if ch.is_control() || is_direction(ch) { '\u{fffd}' } else { ch }).collect()
}

/// Whether it turns the direction of what follows.
fn is_direction(ch: char) -> bool {
    matches!(ch, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_event_can_move_the_cursor() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\r\nü\u{202e}x\u{9b}"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}ü\u{fffd}x\u{fffd}"
        );
    }
}

//! What the command says to the person who ran it. Logs are apart, on the standard error stream.

use std::error::Error;
use std::io::{Write, stderr, stdout};

/// The terminal. A closed one is no reason to fail.
#[derive(Debug, Default)]
pub(crate) struct Console;

impl Console {
    /// One line on what happens.
    pub(crate) fn say(&self, line: &str) {
        self.print(&format!("keywright: {line}\n"));
    }

    /// Text as it is.
    pub(crate) fn print(&self, text: &str) {
        let mut out = stdout().lock();
        _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// One line on what happens, where standard output is for something else.
    pub(crate) fn note(&self, line: &str) {
        _ = writeln!(stderr(), "keywright: {line}");
    }

    /// Something to think about.
    pub(crate) fn warn(&self, line: &str) {
        _ = writeln!(stderr(), "keywright: warning: {line}");
    }

    /// Why the command failed, with all causes.
    pub(crate) fn failed(&self, error: &dyn Error) {
        let mut err = stderr().lock();
        _ = writeln!(err, "keywright: {error}");
        let mut shown = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Transparent errors say the same as what they wrap.
            if text != shown {
                _ = writeln!(err, "  because: {text}");
            }
            shown = text;
            cause = error.source();
        }
    }
}

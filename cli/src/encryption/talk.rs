//! What is said while files are worked on: on standard error, as standard output may be for data.

use std::error::Error;

use crate::commands::audit::output::harmless;
use crate::console::Console;
use crate::params::Progress;

/// Says as much as it was asked to.
pub(crate) struct Talk {
    pub(crate) is_quiet: bool,
    pub(crate) is_verbose: bool,
    pub(super) progress: Progress,
}

impl Talk {
    pub(crate) fn new(is_quiet: bool, is_verbose: bool) -> Self {
        Self { is_quiet, is_verbose, progress: Progress::hidden() }
    }

    pub(super) fn warn(&self, line: &str) {
        if !self.is_quiet {
            self.progress.aside(|| Console.warn(&harmless(line)));
        }
    }

    pub(super) fn detail(&self, line: impl FnOnce() -> String) {
        if self.is_verbose {
            self.progress.aside(|| Console.note(&harmless(&line())));
        }
    }

    pub(super) fn sum_up(&self, line: &str) {
        if !self.is_quiet {
            self.progress.aside(|| Console.note(line));
        }
    }

    pub(super) fn failed(&self, error: &dyn Error) {
        self.progress.aside(|| Console.failed(error));
    }
}

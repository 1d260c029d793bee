//! Tests that are programs of their own: what they are told, and how they end.

use std::process::ExitCode;

use anyhow::Result;

/// What a test program is told on its command line.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// Whether all is to be done, and not a short run.
    pub full: bool,
    /// The parts of names that are asked for; none for everything.
    pub only: Vec<String>,
}

impl Arguments {
    /// Reads what has no values of its own.
    #[must_use]
    pub fn of(words: Vec<String>) -> Self {
        let full = words.iter().any(|word| word == "--full");
        // What `cargo test` tells test harnesses is none of ours.
        let only = words.into_iter().filter(|word| !word.starts_with('-')).collect();
        Self { full, only }
    }

    /// Whether what has this name is asked for.
    #[must_use]
    pub fn want(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}

/// Runs a test program on this thread, with the words of its command line: what it starts ends with it.
#[expect(clippy::print_stderr, reason = "for a command for people")]
pub fn main(name: &str, run: impl AsyncFnOnce(Vec<String>) -> Result<()>) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(words))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

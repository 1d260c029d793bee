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
    /// Whether what has this name is asked for.
    #[must_use]
    pub fn want(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}

/// Runs a test program on this thread: what it starts ends with it.
#[expect(clippy::print_stderr, reason = "for a command for people")]
pub fn main(name: &str, run: impl AsyncFnOnce(Arguments) -> Result<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let full = arguments.iter().any(|argument| argument == "--full");
    // What `cargo test` tells test harnesses is none of ours.
    let only = arguments.into_iter().filter(|argument| !argument.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(Arguments { full, only }))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

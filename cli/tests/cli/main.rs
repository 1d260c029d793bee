//! The `keywright` command as its users run it: a process, its output, its files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod admin;
mod client;
mod dev_process;
mod journal;
mod lifecycle;
mod start;
mod words;

//! The front between real sockets: what reaches a service, and what the client gets where none answers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod answers;
mod backend;
mod client;
mod passing;
mod routing;

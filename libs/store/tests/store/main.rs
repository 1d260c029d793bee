//! The store on a real Postgres.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod changes;
mod errors;
mod migrations;
mod outbox;
mod pool;
mod proxy;
mod support;
mod tls;
mod transactions;
mod work;

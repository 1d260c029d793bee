//! The transparency log on a real Postgres: it grows without a gap, signs nothing twice, and whatever the owner of the
//! database changes is found.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

mod exports;
mod fake_kms;
mod rig;
mod sequencing;
mod serving;
mod signing;
mod tampering;
mod witnessing;

//! The journal on a real file system: what is durable, what is refused, what a crash leaves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod close;
mod crash;
mod faulty;
mod fixture;
mod freeing;
mod group_commit;
mod inspecting;
mod reading;
mod recovery;
mod small_disk;
mod unavailable;

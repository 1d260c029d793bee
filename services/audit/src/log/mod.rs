//! The transparency log: every stored record is a leaf of one Merkle tree, whose head KMS signs.
//!
//! ```text
//! blocks without a place -> sequencer -> places, tiles -> signer -> checkpoints -> /log/..., KeywrightAuditAdmin
//! ```
//!
//! Two phases, each its own transaction, of one replica at a time. The [`sequencer`] gives the records their places; from
//! its commit on, the tree of that size is what it is. The [`signer`] signs only what is committed, and only a tree that
//! begins with the one which was signed before: a crash between the phases, or a log that somebody has changed, leads to
//! no second root for a size.

mod config;
mod endpoint;
mod metrics;
pub mod rows;
pub mod sequencer;
pub mod signer;
pub mod store;
mod task;
pub mod verify;
pub mod wire;
mod witness;

pub use config::{LogSection, WitnessSection};
pub use endpoint::Endpoint;
pub use task::run;
pub use witness::Witnesses;

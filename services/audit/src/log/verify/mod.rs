//! Checks the log, and the tables, against a signed checkpoint: finds what was changed, removed, added or moved since.
//!
//! What is trusted is the public key, and nothing that the database or the service says. [`verify`] reads a [`LogSource`]:
//! a running service ([`Online`]) or a directory that was [exported](export) from one ([`Directory`]).

mod columns;
mod directory;
mod error;
mod export;
mod finding;
mod leaves;
mod online;
mod run;
mod source;
mod truth;

pub use directory::Directory;
pub use error::VerifyError;
pub use export::{Exported, export};
pub use finding::Finding;
pub use online::Online;
pub use run::{Asked, Bound, NoBound, Report, verify};
pub use source::LogSource;

//! A local, checksummed, segmented log on disk that many requests append to with one `fdatasync`.
//!
//! Waiting appends gather in a queue; one thread takes them all, writes them with one `pwrite`, makes them durable
//! with one `fdatasync` and wakes their requests; meanwhile the next batch gathers. The format on disk is described in
//! `FORMAT.md` beside this crate's manifest and in [`frame`] and [`segment`].

mod append;
mod batch;
mod config;
mod cursor;
mod directory;
mod error;
mod frame;
mod handle;
pub mod inspect;
mod keeper;
mod ledger;
mod metrics;
mod position;
mod queue;
mod reader;
mod recovery;
mod segment;
mod shared;
pub mod storage;
mod walk;
mod writer;

pub use append::Append;
pub use config::JournalConfig;
pub use error::JournalError;
pub use frame::MAX_ENTRY_BYTES;
pub use handle::Journal;
pub use position::Position;
pub use reader::{JournalReader, StoredEntry};

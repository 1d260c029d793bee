//! Where a log is read.

use std::future::Future;
use std::ops::Range;

use keywright_transparency_log::TileId;

use super::error::VerifyError;
use crate::log::wire::{LogBlock, LogDays, Stray};

/// A log that can be read, of which nothing is believed.
pub trait LogSource: Sync {
    /// The newest checkpoint; none before the first was signed.
    fn checkpoint(&self) -> impl Future<Output = Result<Option<String>, VerifyError>> + Send;

    /// A tile; none where it isn't there.
    fn tile(&self, id: TileId) -> impl Future<Output = Result<Option<Vec<u8>>, VerifyError>> + Send;

    /// Some blocks of the tree of `size` leaves, from the one that holds a leaf on. None where there are no more.
    fn blocks(
        &self,
        first_leaf: u64,
        size: u64,
    ) -> impl Future<Output = Result<Vec<LogBlock>, VerifyError>> + Send;

    /// The leaves from the first to the last block of these days, both included, of the tree of `size` leaves.
    fn leaves_of(
        &self,
        from: &str,
        to: &str,
        size: u64,
    ) -> impl Future<Output = Result<Option<Range<u64>>, VerifyError>> + Send;

    /// Which days there are.
    fn days(&self) -> impl Future<Output = Result<LogDays, VerifyError>> + Send;

    /// What of a day belongs to no leaf.
    fn strays(&self, day: &str) -> impl Future<Output = Result<Vec<Stray>, VerifyError>> + Send;
}

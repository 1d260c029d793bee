//! A directory that was [exported](super::export).

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_transparency_log::{TILE_WIDTH, TileId, decode_bundle, entries_path};
use serde::de::DeserializeOwned;

use super::error::VerifyError;
use super::export::block_files;
use super::source::LogSource;
use crate::log::wire::{LogBlock, LogDays, Stray};

/// A log that lies in a directory.
pub struct Directory {
    dir: PathBuf,
    blocks: Vec<(u64, PathBuf)>,
    size: u64,
}

impl Directory {
    /// The log in this directory.
    ///
    /// # Errors
    /// [`VerifyError::File`] when it can't be read, or [`VerifyError::NoCheckpoint`].
    pub fn open(dir: &Path) -> Result<Self, VerifyError> {
        let note = read(&dir.join("checkpoint"))?.ok_or(VerifyError::NoCheckpoint)?;
        let unreadable = || VerifyError::Unreadable { path: dir.join("checkpoint") };
        // The second line, signed or not: what the check goes by is read anew.
        let text = String::from_utf8(note).map_err(|_| unreadable())?;
        let size = text.lines().nth(1).and_then(|line| line.parse().ok()).ok_or_else(unreadable)?;
        Ok(Self { dir: dir.to_owned(), blocks: block_files(dir)?, size })
    }

    /// The record of a leaf; none where its bundle is missing.
    fn record(&self, leaf: u64, bundle: &mut Option<(u64, Vec<u8>)>) -> Result<Option<Vec<u8>>, VerifyError> {
        let index = leaf / u64::from(TILE_WIDTH);
        if bundle.as_ref().is_none_or(|(read, _)| *read != index) {
            let Some(tile) = TileId::in_tree(self.size, 0, index) else { return Ok(None) };
            let Some(bytes) = read(&self.dir.join(entries_path(index, tile.width)))? else { return Ok(None) };
            *bundle = Some((index, bytes));
        }
        let Some((_, bytes)) = bundle else { return Ok(None) };
        let place = usize::try_from(leaf % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let entries = decode_bundle(bytes).unwrap_or_default();
        match entries.get(place) {
            // A record is never empty: this one was too long for its bundle.
            Some([]) => read(&self.dir.join("tile/large").join(leaf.to_string())),
            entry => Ok(entry.map(|entry| entry.to_vec())),
        }
    }
}

impl LogSource for Directory {
    async fn checkpoint(&self) -> Result<Option<String>, VerifyError> {
        let note = read(&self.dir.join("checkpoint"))?;
        Ok(note.map(|note| String::from_utf8_lossy(&note).into_owned()))
    }

    async fn tile(&self, id: TileId) -> Result<Option<Vec<u8>>, VerifyError> {
        read(&self.dir.join(id.path()))
    }

    async fn blocks(&self, first_leaf: u64, size: u64) -> Result<Vec<LogBlock>, VerifyError> {
        let at = self.blocks.partition_point(|(first, _)| *first <= first_leaf).saturating_sub(1);
        let Some((_, path)) = self.blocks.get(at) else { return Ok(Vec::new()) };
        let mut blocks: Vec<LogBlock> = read_json(path)?;
        let mut bundle = None;
        // From the one that holds the leaf on; where none does, all, and the next file's behind them.
        let holds = blocks.iter().rposition(|block| block.first_leaf <= first_leaf).unwrap_or(0);
        blocks.drain(..holds);
        if blocks.iter().all(|block| block.first_leaf + block.leaves <= first_leaf)
            && let Some((_, next)) = self.blocks.get(at + 1)
        {
            blocks.extend(read_json::<Vec<LogBlock>>(next)?);
        }
        blocks.retain(|block| block.first_leaf < size);
        for block in blocks.iter_mut().filter(|block| block.records.is_some()) {
            let leaves = block.first_leaf..block.first_leaf + block.leaves;
            let records =
                leaves.map(|leaf| Ok(self.record(leaf, &mut bundle)?.map(|record| STANDARD.encode(record))));
            block.records = Some(records.collect::<Result<_, VerifyError>>()?);
        }
        Ok(blocks)
    }

    async fn leaves_of(&self, from: &str, to: &str, size: u64) -> Result<Option<Range<u64>>, VerifyError> {
        let mut found: Option<Range<u64>> = None;
        for (_, path) in &self.blocks {
            let blocks: Vec<LogBlock> = read_json(path)?;
            let of_days =
                |block: &&LogBlock| (from..=to).contains(&block.day.as_str()) && block.first_leaf < size;
            for block in blocks.iter().filter(of_days) {
                let (first, behind) = (block.first_leaf, block.first_leaf + block.leaves);
                found = Some(match found {
                    Some(range) => range.start.min(first)..range.end.max(behind),
                    None => first..behind,
                });
            }
        }
        Ok(found)
    }

    async fn days(&self) -> Result<LogDays, VerifyError> {
        read_json(&self.dir.join("days.json"))
    }

    async fn strays(&self, day: &str) -> Result<Vec<Stray>, VerifyError> {
        read_json(&self.dir.join("strays").join(format!("{day}.json")))
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, VerifyError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(VerifyError::File { path: path.to_owned(), cause }),
    }
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, VerifyError> {
    let bytes = read(path)?;
    let value = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    value.ok_or_else(|| VerifyError::Unreadable { path: path.to_owned() })
}

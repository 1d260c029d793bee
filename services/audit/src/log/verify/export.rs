//! Writes a log into a directory, in C2SP's layout and with what else a check needs.
//!
//! | file | what |
//! |---|---|
//! | `checkpoint` | the signed note |
//! | `tile/L/N`, `tile/L/N.p/W` | the tiles of its tree |
//! | `tile/entries/N`, `tile/entries/N.p/W` | the records, in bundles |
//! | `tile/large/LEAF` | a record of more than 65,535 bytes, which no bundle has room for |
//! | `blocks/FIRST-LEAF.json` | blocks, with the rows of their events |
//! | `days.json`, `strays/DAY.json` | which days there are, and what belongs to no leaf |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_transparency_log::{
    Checkpoint, MAX_BUNDLED_BYTES, Note, TILE_WIDTH, TileId, encode_bundle, entries_path,
};

use super::error::VerifyError;
use super::source::LogSource;
use crate::log::wire::LogBlock;

/// What an export has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The leaves of its tree.
    pub size: u64,
    /// How many of them were there already.
    pub kept: u64,
}

/// Writes a log into a directory, or what is new of it into the directory of an earlier export.
///
/// # Errors
/// [`VerifyError`] when it can't be read, or the directory not be written.
pub async fn export(source: &impl LogSource, dir: &Path) -> Result<Exported, VerifyError> {
    let note = source.checkpoint().await?.ok_or(VerifyError::NoCheckpoint)?;
    let given = |cause| VerifyError::Given { what: "the log's checkpoint", cause };
    let parsed = Note::parse(&note).map_err(given)?;
    let size = Checkpoint::parse(parsed.text()).map_err(given)?.size;
    for tile in TileId::all(size) {
        let path = dir.join(tile.path());
        // A tile of this width never becomes another.
        if !path.exists()
            && let Some(bytes) = source.tile(tile).await?
        {
            write(&path, &bytes)?;
        }
    }
    let kept = resume_at(dir)?.min(size);
    let mut bundles = Bundles { dir, size, from: kept, waiting: BTreeMap::new() };
    let mut next = kept;
    while next < size {
        let blocks = source.blocks(next, size).await?;
        let Some(first) = blocks.first() else { break };
        let name = dir.join("blocks").join(format!("{:020}.json", first.first_leaf));
        let behind = blocks.iter().map(|block| block.first_leaf + block.leaves).max().unwrap_or(next);
        let mut described = Vec::with_capacity(blocks.len());
        for block in blocks {
            bundles.add(&block)?;
            // The records are in the bundles; that they are there is told by an empty list.
            described.push(LogBlock { records: block.records.map(|_| Vec::new()), ..block });
        }
        bundles.write_full(behind)?;
        write_json(&name, &described)?;
        if behind <= next {
            break;
        }
        next = behind;
    }
    bundles.write_rest()?;
    let days = source.days().await?;
    for day in &days.kept {
        write_json(&dir.join("strays").join(format!("{day}.json")), &source.strays(day).await?)?;
    }
    write_json(&dir.join("days.json"), &days)?;
    // Last: it says that all of its tree is here.
    write(&dir.join("checkpoint"), note.as_bytes())?;
    Ok(Exported { size, kept })
}

/// Where to go on: behind the last bundle that is full. Files of blocks that begin there or later are made anew.
fn resume_at(dir: &Path) -> Result<u64, VerifyError> {
    let files = block_files(dir)?;
    let Some((_, last)) = files.last() else { return Ok(0) };
    let blocks: Vec<LogBlock> = super::directory::read_json(last)?;
    let behind = blocks.iter().map(|block| block.first_leaf + block.leaves).max().unwrap_or(0);
    let mut full = behind / u64::from(TILE_WIDTH);
    while full > 0 && !dir.join(entries_path(full - 1, TILE_WIDTH)).exists() {
        full -= 1;
    }
    let start = full * u64::from(TILE_WIDTH);
    for (_, path) in files.into_iter().filter(|(first, _)| *first >= start) {
        std::fs::remove_file(&path).map_err(|cause| VerifyError::File { path, cause })?;
    }
    Ok(start)
}

/// The files of blocks by their first leaf, in order.
pub(super) fn block_files(dir: &Path) -> Result<Vec<(u64, PathBuf)>, VerifyError> {
    let blocks = dir.join("blocks");
    let entries = match std::fs::read_dir(&blocks) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(VerifyError::File { path: blocks, cause }),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|cause| VerifyError::File { path: blocks.clone(), cause })?.path();
        let first = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let (Some(first), Some("json")) = (first, path.extension().and_then(|end| end.to_str())) {
            files.push((first, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Records on their way into bundles.
struct Bundles<'a> {
    dir: &'a Path,
    size: u64,
    /// Leaves before this one are in bundles already.
    from: u64,
    waiting: BTreeMap<u64, Vec<u8>>,
}

impl Bundles<'_> {
    fn add(&mut self, block: &LogBlock) -> Result<(), VerifyError> {
        let records = block.records.as_deref().unwrap_or_default();
        let leaves = (block.first_leaf..block.first_leaf + block.leaves).zip(records);
        for (leaf, record) in leaves.filter(|(leaf, _)| *leaf >= self.from) {
            // What isn't there leaves its place empty; that it is missing is found when it is checked.
            let record = record.as_ref().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            if record.len() > MAX_BUNDLED_BYTES {
                write(&self.dir.join("tile/large").join(leaf.to_string()), &record)?;
            }
            self.waiting.insert(leaf, record);
        }
        Ok(())
    }

    /// Writes the bundles that end before this leaf.
    fn write_full(&mut self, before: u64) -> Result<(), VerifyError> {
        while let Some(index) = self.waiting.first_key_value().map(|(leaf, _)| leaf / u64::from(TILE_WIDTH)) {
            if (index + 1) * u64::from(TILE_WIDTH) > before {
                break;
            }
            self.write(index)?;
        }
        Ok(())
    }

    fn write_rest(&mut self) -> Result<(), VerifyError> {
        while let Some(index) = self.waiting.first_key_value().map(|(leaf, _)| leaf / u64::from(TILE_WIDTH)) {
            self.write(index)?;
        }
        Ok(())
    }

    fn write(&mut self, index: u64) -> Result<(), VerifyError> {
        let behind = (index + 1) * u64::from(TILE_WIDTH);
        let rest = self.waiting.split_off(&behind);
        let entries = std::mem::replace(&mut self.waiting, rest);
        let Some(tile) = TileId::in_tree(self.size, 0, index) else { return Ok(()) };
        let first = index * u64::from(TILE_WIDTH);
        let all = (first..first + u64::from(tile.width))
            .map(|leaf| entries.get(&leaf).map_or(&[][..], Vec::as_slice));
        write(&self.dir.join(entries_path(index, tile.width)), &encode_bundle(all))
    }
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), VerifyError> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| VerifyError::File { path: path.to_owned(), cause: error.into() })?;
    write(path, &bytes)
}

/// Whole, or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), VerifyError> {
    let file = |cause| VerifyError::File { path: path.to_owned(), cause };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(file)?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path)).map_err(file)
}

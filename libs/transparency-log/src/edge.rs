//! The right edge of a tree, at which leaves are appended.

use std::collections::BTreeMap;

use crate::error::LogError;
use crate::hash::{Hash, empty_root, node_hash};
use crate::plan::{Plan, Tiles, complete};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileId};

/// The partial tiles of a tree, one for each level: all that is needed to append, and to know the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level; each with less than [`TILE_WIDTH`] hashes.
    partial: Vec<Vec<Hash>>,
    grown: BTreeMap<(u8, u64), Vec<Hash>>,
}

/// A tile that has grown since the edge was taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrownTile {
    /// Which.
    pub id: TileId,
    /// All its hashes.
    pub hashes: Vec<Hash>,
}

impl Edge {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, partial: Vec::new(), grown: BTreeMap::new() }
    }

    /// Takes up a tree of this size again; `tiles` are its partial ones.
    ///
    /// # Errors
    /// [`LogError::Edge`] when they don't make a tree of this size.
    pub fn resume(
        size: u64,
        tiles: impl IntoIterator<Item = (u8, u64, Vec<Hash>)>,
    ) -> Result<Self, LogError> {
        let mut given: BTreeMap<(u8, u64), Vec<Hash>> =
            tiles.into_iter().map(|(level, index, hashes)| ((level, index), hashes)).collect();
        let mut partial = Vec::new();
        for level in 0..=u8::MAX {
            let hashes = size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0);
            if hashes == 0 {
                break;
            }
            let width = hashes % u64::from(TILE_WIDTH);
            let tile = given.remove(&(level, hashes / u64::from(TILE_WIDTH))).unwrap_or_default();
            if tile.len() as u64 != width {
                return Err(LogError::Edge { size });
            }
            partial.push(tile);
        }
        if given.is_empty() {
            Ok(Self { size, partial, grown: BTreeMap::new() })
        } else {
            Err(LogError::Edge { size })
        }
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; says which number it has.
    pub fn append(&mut self, leaf: Hash) -> u64 {
        let number = self.size;
        self.size += 1;
        let (mut level, mut hash) = (0_u8, leaf);
        loop {
            let at = usize::from(level);
            if self.partial.len() <= at {
                self.partial.push(Vec::new());
            }
            let Some(tile) = self.partial.get_mut(at) else { return number };
            tile.push(hash);
            if tile.len() < usize::from(TILE_WIDTH) {
                return number;
            }
            let full = std::mem::take(tile);
            hash = complete(&full);
            let index = (self.size >> (TILE_HEIGHT * u32::from(level))) / u64::from(TILE_WIDTH) - 1;
            self.grown.insert((level, index), full);
            level += 1;
        }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        // The smallest subtrees are to the right, and at the lowest level.
        for tile in &self.partial {
            let mut rest = tile.as_slice();
            while !rest.is_empty() {
                let (before, last) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                let left = complete(last);
                root = Some(root.map_or(left, |right| node_hash(left, right)));
                rest = before;
            }
        }
        root.unwrap_or_else(empty_root)
    }

    /// The tiles that have grown since the last call: full ones, and the partial ones as they are now.
    pub fn take_grown(&mut self) -> Vec<GrownTile> {
        let full = std::mem::take(&mut self.grown).into_iter();
        let mut grown: Vec<_> = full
            .map(|((level, index), hashes)| GrownTile {
                id: TileId { level, index, width: TILE_WIDTH },
                hashes,
            })
            .collect();
        for (level, hashes) in (0_u8..).zip(&self.partial) {
            let index = (self.size >> (TILE_HEIGHT * u32::from(level))) / u64::from(TILE_WIDTH);
            if let (Ok(width @ 1..), hashes) = (u16::try_from(hashes.len()), hashes.clone()) {
                grown.push(GrownTile { id: TileId { level, index, width }, hashes });
            }
        }
        grown
    }
}

impl Tiles {
    /// The root of a tree whose [`Plan::root`] tiles these are.
    ///
    /// # Errors
    /// [`LogError::MissingTile`].
    pub fn root(&self, size: u64) -> Result<Hash, LogError> {
        Plan::root(size).hash(self)
    }
}

//! Of which hashes a root or a proof consists, and in which tiles these lie.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::LogError;
use crate::hash::{Hash, empty_root, node_hash};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileId};

/// Hashes of a tree of a certain size, each made of complete subtrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    hashes: Vec<Vec<Node>>,
}

/// A complete subtree: `2^level` leaves, from leaf `index * 2^level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    level: u32,
    index: u64,
}

/// Tiles that were read.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<(u8, u64), Vec<Hash>>);

impl Plan {
    /// The root of a tree.
    #[must_use]
    pub fn root(size: u64) -> Self {
        Self { size, hashes: vec![nodes(0, size)] }
    }

    /// The proof that a leaf is in a tree (RFC 6962, section 2.1.1).
    ///
    /// # Errors
    /// [`LogError::Range`] when it isn't.
    pub fn inclusion(leaf: u64, size: u64) -> Result<Self, LogError> {
        if leaf >= size {
            return Err(LogError::Range { asked: leaf, size });
        }
        // From the root down, so that the proof is the other way round.
        let (mut low, mut high, mut hashes) = (0, size, Vec::new());
        while high - low > 1 {
            let middle = low + split(high - low);
            if leaf < middle {
                hashes.push(nodes(middle, high));
                high = middle;
            } else {
                hashes.push(nodes(low, middle));
                low = middle;
            }
        }
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// The proof that a tree begins with the leaves of an older one (RFC 6962, section 2.1.2). It is empty where the older
    /// one is empty, or as large.
    ///
    /// # Errors
    /// [`LogError::Range`] when the older tree is larger.
    pub fn consistency(old: u64, size: u64) -> Result<Self, LogError> {
        if old > size {
            return Err(LogError::Range { asked: old, size });
        }
        if old == 0 || old == size {
            return Ok(Self { size, hashes: Vec::new() });
        }
        let (mut low, mut high, mut hashes) = (0, size, Vec::new());
        while high != old {
            let middle = low + split(high - low);
            if old <= middle {
                hashes.push(nodes(middle, high));
                high = middle;
            } else {
                hashes.push(nodes(low, middle));
                low = middle;
            }
        }
        // Where the older tree is a subtree of this one, whoever checks knows its root.
        if low > 0 {
            hashes.push(nodes(low, high));
        }
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// The tiles to be read, as wide as they are in this tree.
    #[must_use]
    pub fn tiles(&self) -> BTreeSet<TileId> {
        let places = self.hashes.iter().flatten().map(Node::place);
        places.filter_map(|place| TileId::in_tree(self.size, place.level, place.index)).collect()
    }

    /// The hashes.
    ///
    /// # Errors
    /// [`LogError::MissingTile`] when one of [`tiles`](Self::tiles) isn't there.
    pub fn hashes(&self, tiles: &Tiles) -> Result<Vec<Hash>, LogError> {
        self.hashes.iter().map(|nodes| self.combined(nodes, tiles)).collect()
    }

    /// The one hash of [`root`](Self::root).
    ///
    /// # Errors
    /// As [`hashes`](Self::hashes).
    pub fn hash(&self, tiles: &Tiles) -> Result<Hash, LogError> {
        Ok(self.hashes(tiles)?.first().copied().unwrap_or_else(empty_root))
    }

    fn combined(&self, nodes: &[Node], tiles: &Tiles) -> Result<Hash, LogError> {
        let mut combined = None;
        for node in nodes.iter().rev() {
            let hash = tiles.node(*node, self.size)?;
            combined = Some(match combined {
                Some(right) => node_hash(hash, right),
                None => hash,
            });
        }
        Ok(combined.unwrap_or_else(empty_root))
    }
}

impl Tiles {
    /// Adds a tile.
    pub fn insert(&mut self, level: u8, index: u64, hashes: Vec<Hash>) {
        self.0.insert((level, index), hashes);
    }

    /// The hashes of a tile, where it was read.
    #[must_use]
    pub fn get(&self, level: u8, index: u64) -> Option<&[Hash]> {
        self.0.get(&(level, index)).map(Vec::as_slice)
    }

    fn node(&self, node: Node, size: u64) -> Result<Hash, LogError> {
        let place = node.place();
        let found = self.get(place.level, place.index).and_then(|hashes| hashes.get(place.from..place.to));
        match found {
            Some(hashes) => Ok(complete(hashes)),
            None => {
                let tile = TileId::in_tree(size, place.level, place.index);
                Err(LogError::MissingTile { path: tile.map_or_else(String::new, |tile| tile.path()) })
            }
        }
    }
}

/// Where the hashes lie of which a complete subtree is made.
struct Place {
    level: u8,
    index: u64,
    from: usize,
    to: usize,
}

impl Node {
    fn place(&self) -> Place {
        let above = self.level % TILE_HEIGHT;
        let first = self.index << above;
        let from = usize::try_from(first % u64::from(TILE_WIDTH)).unwrap_or(0);
        Place {
            level: u8::try_from(self.level / TILE_HEIGHT).unwrap_or(u8::MAX),
            index: first / u64::from(TILE_WIDTH),
            from,
            to: from + (1 << above),
        }
    }
}

/// The hash of a complete subtree whose leaves these are: a power of two, as a full tile has.
#[must_use]
pub fn complete(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(complete(left), complete(right))
        }
    }
}

/// The complete subtrees of the leaves `low..high`, of which `low` is where such a subtree begins.
fn nodes(mut low: u64, high: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while low < high {
        let level = (high - low).ilog2();
        nodes.push(Node { level, index: low >> level });
        low += 1 << level;
    }
    nodes
}

/// The largest power of two below `leaves`, of which there are at least two.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

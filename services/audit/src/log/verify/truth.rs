//! Which leaves the signed tree has: tiles, checked from the root down.

use std::collections::BTreeMap;

use keywright_transparency_log::{Checkpoint, Hash, Plan, TILE_WIDTH, TileId, Tiles, complete};

use super::error::VerifyError;
use super::finding::Finding;
use super::source::LogSource;

/// The hashes of a signed tree, as far as they can be had.
pub(super) struct Truth<'a, S> {
    source: &'a S,
    checkpoint: Checkpoint,
    /// Whether the partial tiles give the signed root.
    edge_is_right: bool,
    /// Tiles above the leaves that were checked; none for wrong ones.
    above: BTreeMap<(u8, u64), Option<Vec<Hash>>>,
}

/// What is known of the leaves of one tile.
pub(super) enum Known {
    /// Each.
    Leaves(Vec<Hash>),
    /// What they give together: the tile itself is wrong.
    Together(Hash),
    /// Nothing.
    Nothing,
}

impl<'a, S: LogSource> Truth<'a, S> {
    /// Checks the tiles at the right edge.
    pub(super) async fn open(
        source: &'a S,
        checkpoint: Checkpoint,
        findings: &mut Vec<Finding>,
    ) -> Result<Self, VerifyError> {
        let plan = Plan::root(checkpoint.size);
        let tiles = read(source, &plan).await?;
        let edge_is_right = plan.hash(&tiles) == Ok(checkpoint.root);
        if !edge_is_right {
            findings.push(Finding::Root);
        }
        Ok(Self { source, checkpoint, edge_is_right, above: BTreeMap::new() })
    }

    /// What is known of the leaves of the tile with this number.
    pub(super) async fn leaves(
        &mut self,
        index: u64,
        findings: &mut Vec<Finding>,
    ) -> Result<Known, VerifyError> {
        let mut path = Vec::new();
        let (mut level, mut at) = (0_u8, index);
        let mut above: Option<Hash> = None;
        // Up to a tile that is known, or at the edge.
        let mut parent = loop {
            let Some(tile) = TileId::in_tree(self.checkpoint.size, level, at) else {
                return Ok(Known::Nothing);
            };
            if let Some(known) = self.above.get(&(level, at)) {
                break known.clone();
            }
            if !tile.is_full() {
                let hashes = if self.edge_is_right { self.read(tile).await? } else { None };
                if level == 0 {
                    return Ok(hashes.map_or(Known::Nothing, Known::Leaves));
                }
                self.above.insert((level, at), hashes.clone());
                break hashes;
            }
            path.push(tile);
            (level, at) = (level + 1, at / u64::from(TILE_WIDTH));
        };
        // And down again.
        while let Some(tile) = path.pop() {
            let Some(hashes) = parent else { return Ok(Known::Nothing) };
            let place = usize::try_from(tile.index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
            above = hashes.get(place).copied();
            let read = self.read(tile).await?;
            let right = read.filter(|hashes| above == Some(complete(hashes)));
            if right.is_none() {
                findings.push(Finding::Tile { path: tile.path() });
            }
            if tile.level > 0 {
                self.above.insert((tile.level, tile.index), right.clone());
            }
            parent = right;
        }
        Ok(match (parent, above) {
            (Some(leaves), _) => Known::Leaves(leaves),
            (None, Some(together)) => Known::Together(together),
            (None, None) => Known::Nothing,
        })
    }

    async fn read(&self, tile: TileId) -> Result<Option<Vec<Hash>>, VerifyError> {
        read_tile(self.source, tile).await
    }
}

/// The tiles of a plan, as far as they are there.
pub(super) async fn read(source: &impl LogSource, plan: &Plan) -> Result<Tiles, VerifyError> {
    let mut tiles = Tiles::default();
    for tile in plan.tiles() {
        if let Some(hashes) = read_tile(source, tile).await? {
            tiles.insert(tile.level, tile.index, hashes);
        }
    }
    Ok(tiles)
}

async fn read_tile(source: &impl LogSource, tile: TileId) -> Result<Option<Vec<Hash>>, VerifyError> {
    let hashes = source.tile(tile).await?.and_then(|bytes| Hash::list(&bytes).ok());
    Ok(hashes.filter(|hashes| hashes.len() == usize::from(tile.width)))
}

//! Records against the leaves of the signed tree.

use std::collections::HashMap;

use keywright_transparency_log::{Edge, Hash, TILE_WIDTH, TileId, complete};
use uuid::Uuid;

use super::error::VerifyError;
use super::finding::Finding;
use super::source::LogSource;
use super::truth::{Known, Truth};

/// What lies at the place of a leaf.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) leaf: u64,
    pub(super) state: State,
    pub(super) event_id: Option<Uuid>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A record with this hash.
    Record(Hash),
    /// None, though its block is there.
    Missing,
    /// None, which is known already: its block is gone, or was never there.
    Gone,
}

/// Takes leaf after leaf, and compares them tile by tile.
pub(super) struct Leaves<'a, S> {
    truth: Truth<'a, S>,
    size: u64,
    waiting: Vec<Found>,
    wrong: Vec<(Found, Hash, Hash)>,
    /// The tree of the records themselves, as long as there is no gap in it.
    own: Option<Edge>,
}

impl<'a, S: LogSource> Leaves<'a, S> {
    pub(super) fn new(truth: Truth<'a, S>, size: u64, first: u64) -> Self {
        let own = (first == 0).then(Edge::empty);
        Self { truth, size, waiting: Vec::new(), wrong: Vec::new(), own }
    }

    pub(super) async fn push(
        &mut self,
        found: Found,
        findings: &mut Vec<Finding>,
    ) -> Result<(), VerifyError> {
        self.waiting.push(found);
        let next = found.leaf + 1;
        if next.is_multiple_of(u64::from(TILE_WIDTH)) || next == self.size {
            self.compare(findings).await?;
        }
        Ok(())
    }

    /// Compares what is waiting, which is of one tile.
    async fn compare(&mut self, findings: &mut Vec<Finding>) -> Result<(), VerifyError> {
        let waiting = std::mem::take(&mut self.waiting);
        let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else { return Ok(()) };
        let (index, span) = (first.leaf / u64::from(TILE_WIDTH), (first.leaf, last.leaf + 1));
        let known = self.truth.leaves(index, findings).await?;
        let hashes: Option<Vec<Hash>> = waiting
            .iter()
            .map(|found| match found.state {
                State::Record(hash) => Some(hash),
                State::Missing | State::Gone => None,
            })
            .collect();
        for found in waiting.iter().filter(|found| found.state == State::Missing) {
            findings.push(Finding::MissingRecord { leaf: found.leaf, event_id: found.event_id });
        }
        match known {
            Known::Leaves(leaves) => {
                for found in &waiting {
                    let place = usize::try_from(found.leaf % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
                    let Some(expected) = leaves.get(place) else { continue };
                    match found.state {
                        State::Record(hash) if hash != *expected => {
                            self.wrong.push((*found, hash, *expected))
                        }
                        State::Record(_) | State::Missing | State::Gone => {}
                    }
                    // The tree goes on as it was signed: only what isn't known makes it another.
                    if let Some(own) = &mut self.own {
                        own.append(match found.state {
                            State::Record(hash) => hash,
                            State::Missing | State::Gone => *expected,
                        });
                    }
                }
            }
            Known::Together(together) => {
                let full = hashes.as_ref().filter(|hashes| hashes.len() == usize::from(TILE_WIDTH));
                if full.map(|hashes| complete(hashes)) != Some(together) {
                    findings.push(Finding::Unproven { from: span.0, to: span.1 });
                }
                self.extend_own(hashes);
            }
            Known::Nothing => {
                findings.push(Finding::Unproven { from: span.0, to: span.1 });
                self.extend_own(hashes);
            }
        }
        Ok(())
    }

    fn extend_own(&mut self, hashes: Option<Vec<Hash>>) {
        match (&mut self.own, hashes) {
            (Some(own), Some(hashes)) => hashes.into_iter().for_each(|hash| _ = own.append(hash)),
            (own, _) => *own = None,
        }
    }

    /// Says what the records that are wrong are.
    pub(super) async fn finish(
        mut self,
        root: Hash,
        source: &S,
        findings: &mut Vec<Finding>,
    ) -> Result<(), VerifyError> {
        self.compare(findings).await?;
        if self.own.as_ref().is_some_and(|own| own.size() == self.size && own.root() == root) {
            // Together the records give the signed root: whatever is wrong with tiles, it isn't them.
            findings.retain(|finding| !matches!(finding, Finding::Unproven { .. }));
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        let displaced: HashMap<Hash, u64> =
            self.wrong.iter().map(|(found, _, expected)| (*expected, found.leaf)).collect();
        let others: Vec<Hash> = self
            .wrong
            .iter()
            .map(|(_, hash, _)| *hash)
            .filter(|hash| !displaced.contains_key(hash))
            .collect();
        let copies = self.places(&others, source).await?;
        for (Found { leaf, event_id, .. }, hash, _) in &self.wrong {
            let (leaf, event_id) = (*leaf, *event_id);
            findings.push(match (displaced.get(hash), copies.get(hash)) {
                (Some(belongs), _) => Finding::Reordered { leaf, belongs: *belongs, event_id },
                (None, Some(belongs)) => Finding::Duplicated { leaf, belongs: *belongs, event_id },
                (None, None) => Finding::Changed { leaf, event_id },
            });
        }
        Ok(())
    }

    /// Which leaves have these hashes.
    async fn places(&self, hashes: &[Hash], source: &S) -> Result<HashMap<Hash, u64>, VerifyError> {
        let mut places = HashMap::new();
        if hashes.is_empty() {
            return Ok(places);
        }
        for tile in TileId::all(self.size).take_while(|tile| tile.level == 0) {
            let Some(bytes) = source.tile(tile).await? else { continue };
            let leaves = (tile.index * u64::from(TILE_WIDTH)..).zip(Hash::list(&bytes).unwrap_or_default());
            places.extend(leaves.filter(|(_, hash)| hashes.contains(hash)).map(|(leaf, hash)| (hash, leaf)));
        }
        Ok(places)
    }
}

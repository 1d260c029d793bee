//! The first phase: records get their places in the tree.

use keywright_store::Store;
use keywright_transparency_log::Edge;

use super::store::{self, Sequenced};
use crate::error::AuditError;

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another replica does it.
    Followed,
    /// So many blocks got their places; the tree has so many leaves.
    Done {
        /// The blocks.
        blocks: usize,
        /// The leaves.
        size: u64,
    },
}

/// Gives the next blocks their places, in one transaction.
///
/// # Errors
/// [`AuditError::Log`] or [`AuditError::LogDamaged`] when what is stored is not a log, so that nothing is added to it;
/// [`AuditError::Store`].
pub async fn step(store: &Store) -> Result<Step, AuditError> {
    let transaction = store.begin().await?;
    if !store::lead(&transaction, "sequence").await? {
        transaction.rollback().await?;
        return Ok(Step::Followed);
    }
    let size = store::size(&transaction).await?;
    let waiting = store::unsequenced(&transaction, STEP_BLOCKS).await?;
    if waiting.is_empty() {
        transaction.rollback().await?;
        return Ok(Step::Done { blocks: 0, size });
    }
    let mut edge = Edge::resume(size, store::edge(&transaction).await?)?;
    let mut placed = Vec::with_capacity(waiting.len());
    for block in &waiting {
        placed.push(Sequenced {
            first_leaf: edge.size(),
            block_id: block.block_id,
            day: block.day,
            leaves: block.leaves.len() as u64,
            own_leaves: block.own_leaves,
        });
        for leaf in &block.leaves {
            edge.append(*leaf);
        }
    }
    store::place(&transaction, &placed).await?;
    store::grow(&transaction, &edge.take_grown()).await?;
    transaction.commit().await?;
    Ok(Step::Done { blocks: placed.len(), size: edge.size() })
}

/// Some 64,000 leaves: two megabytes of hashes.
pub(super) const STEP_BLOCKS: i64 = 1_000;

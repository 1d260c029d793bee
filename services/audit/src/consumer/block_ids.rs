//! The ids of blocks, asked for ahead.

use std::collections::VecDeque;

use keywright_store::{Store, StoreError};

use crate::store;

/// Ids that are ours and not used yet.
#[derive(Default)]
pub(super) struct BlockIds(VecDeque<i64>);

impl BlockIds {
    /// So many ids, in their order.
    pub(super) async fn take(&mut self, store: &Store, count: usize) -> Result<Vec<i64>, StoreError> {
        if self.0.len() < count {
            let more = i64::try_from(count).unwrap_or(i64::MAX).saturating_add(AHEAD);
            let connection = store.connection().await?;
            self.0.extend(store::events::block_ids(&connection, more).await?);
        }
        Ok(self.0.drain(..count.min(self.0.len())).collect())
    }
}

const AHEAD: i64 = 256;

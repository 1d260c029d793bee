//! Settled positions in memory, as the audit service keeps them in its database.

use std::{collections::BTreeMap, error::Error};

use futures::future::BoxFuture;
use keywright_audit_log::{PositionStore, SourcePosition};
use parking_lot::Mutex;

#[derive(Default)]
pub(crate) struct Positions {
    settled: Mutex<BTreeMap<String, i64>>,
}

impl Positions {
    pub(crate) fn settle(&self, positions: &[SourcePosition]) {
        let mut settled = self.settled.lock();
        for position in positions {
            let known = settled.entry(position.source.to_string()).or_default();
            *known = position.position.max(*known);
        }
    }
}

impl PositionStore for Positions {
    fn load<'a>(
        &'a self,
        source: &'a str,
    ) -> BoxFuture<'a, Result<Option<i64>, Box<dyn Error + Send + Sync>>> {
        let settled = self.settled.lock().get(source).copied();
        Box::pin(std::future::ready(Ok(settled)))
    }
}

//! How far each source was read.

use std::error::Error;

use futures::future::BoxFuture;
use keywright_audit_log::{PositionStore, SourcePosition};
use keywright_store::{Store, StoreError, Transaction};

/// The settled positions, as a source asks for them.
#[derive(Clone)]
pub struct Positions(pub Store);

/// Settles positions with the rows of the same transaction. A position never goes backwards.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn settle(transaction: &Transaction, positions: &[SourcePosition]) -> Result<(), StoreError> {
    let mut sorted: Vec<(&str, i64)> = positions.iter().map(|p| (&*p.source, p.position)).collect();
    // One order for all consumers, so that none waits for another in a circle.
    sorted.sort_unstable();
    let (sources, positions): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
    transaction.execute(include_str!("sql/settle_positions.sql"), &[&sources, &positions]).await.map(|_| ())
}

impl PositionStore for Positions {
    fn load<'a>(
        &'a self,
        source: &'a str,
    ) -> BoxFuture<'a, Result<Option<i64>, Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            let connection = self.0.connection().await?;
            let row = connection.query_opt(FIND, &[&source]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }
}

const FIND: &str = "SELECT position FROM source_positions WHERE source = $1";

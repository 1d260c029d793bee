//! Wraps by the active domain key what retired ones have wrapped, and destroys these.
//!
//! The rows themselves say how far it is: each names the domain key that wraps it. So nothing needs to be resumed after a
//! crash, and replicas share the work by passing over what others have locked. A row that can't be unwrapped is reported
//! and left, and its domain key with it.

mod materials;
mod region_keys;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use keywright_aws_api::error::chain;
use keywright_crypto::{Key256, Random};
use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::events::HierarchyEvent;
use crate::service::Kms;
use crate::store;
use crate::store::domain_keys::DomainKeyRow;

/// All that domain keys wrap. Whoever has a domain key wrap something else adds it here, with a foreign key on
/// `domain_keys`, so that none is destroyed before its time.
pub const REWRAPPED: &[&dyn Rewrap] = &[&materials::Materials, &region_keys::RegionKeys];

/// Rows of one table that hold something which domain keys wrap.
pub trait Rewrap: Send + Sync {
    /// What they hold, for the operator.
    fn name(&self) -> &'static str;

    /// How many of them a domain key wraps.
    fn count<'a>(&'a self, connection: &'a Connection, domain_key: Uuid)
    -> BoxFuture<'a, Result<i64, Error>>;

    /// Begins to go through them.
    fn begin(&self) -> Box<dyn Pass>;
}

/// One way through the rows of a table, in their order.
pub trait Pass: Send {
    /// Re-wraps the next rows, in the transaction; those that others have locked are left out.
    fn next<'a>(&'a mut self, step: Step<'a>) -> BoxFuture<'a, Result<Batch, Error>>;
}

/// What a pass does next.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// In which it is done.
    pub transaction: &'a Transaction,
    /// The domain key that wraps the rows.
    pub from: (Uuid, &'a Key256),
    /// The one that is to.
    pub to: (Uuid, &'a Key256),
    /// Where nonces come from.
    pub random: &'a dyn Random,
    /// How many rows at most.
    pub limit: i64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    /// How many rows were re-wrapped.
    pub rewrapped: usize,
    /// Whether there may be more.
    pub more: bool,
}

/// Re-wraps what there is to, again and again, and at once when asked to, until it is aborted.
pub async fn run(kms: Arc<Kms>, interval: Duration, rows_at_once: i64) {
    loop {
        match rewrap_retired(&kms, rows_at_once, kms.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "re-wrapped what retired domain keys had wrapped"),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "what retired domain keys wrap stays so for now")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = kms.domain_keys.retired() => {}
        }
    }
}

/// Re-wraps all that retired domain keys wrap, and destroys those that are over; says how many rows it re-wrapped.
///
/// # Errors
/// What kept it from going on; what is done is done.
pub async fn rewrap_retired(kms: &Kms, rows_at_once: i64, now: OffsetDateTime) -> Result<usize, Error> {
    // From the database: this replica may not have heard yet which one is active.
    let connection = kms.store.connection().await?;
    let all = store::domain_keys::all(&connection).await?;
    drop(connection);
    let (retired, active): (Vec<_>, Vec<_>) = all.into_iter().partition(|row| row.retired_at.is_some());
    let [active] = active.as_slice() else { return Err(Error::Corrupt("not one domain key is active")) };
    if retired.is_empty() {
        return Ok(0);
    }
    let to = kms.domain_keys.unwrap_off_runtime(&active.key).await?;
    let mut count = 0;
    for former in &retired {
        let from = kms.domain_keys.unwrap_off_runtime(&former.key).await?;
        for rewrapped in REWRAPPED {
            let mut pass = rewrapped.begin();
            let (from, to) = ((former.key.id, &*from), (active.key.id, &*to));
            loop {
                let transaction = kms.store.begin().await?;
                let (random, limit) = (&*kms.random, rows_at_once);
                let step = Step { transaction: &transaction, from, to, random, limit };
                let batch = pass.next(step).await?;
                transaction.commit().await.map_err(|error| Error::Commit(Box::new(error)))?;
                count += batch.rewrapped;
                if !batch.more {
                    break;
                }
            }
        }
        destroy(kms, former, now).await?;
    }
    Ok(count)
}

/// Destroys a retired domain key that nothing needs any more.
async fn destroy(kms: &Kms, retired: &DomainKeyRow, now: OffsetDateTime) -> Result<(), Error> {
    let until = now - KEPT_FOR;
    if retired.retired_at.is_none_or(|at| at > until) {
        return Ok(());
    }
    let id = retired.key.id;
    let transaction = kms.store.begin().await?;
    match store::domain_keys::delete(&transaction, id, until).await {
        Ok(true) => {
            let event = HierarchyEvent::DestroyDomainKey { id };
            kms.commit_hierarchy_event(transaction, event, now).await?;
            kms.domain_keys.forget(id);
            tracing::info!(domain_key = %id, "destroyed a retired domain key");
            Ok(())
        }
        Ok(false) => Ok(transaction.rollback().await?),
        Err(StoreError::ForeignKeyViolation { constraint }) => {
            tracing::warn!(domain_key = %id, constraint, "a retired domain key stays: it still wraps something");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Longer than the longest-lived token that a domain key seals, with clocks that disagree.
pub const KEPT_FOR: time::Duration = time::Duration::hours(25);

//! The Region's own key pair.

use futures::future::BoxFuture;
use keywright_store::Connection;
use uuid::Uuid;

use super::{Batch, Pass, Rewrap, Step};
use crate::error::Error;
use crate::regions::region_key;
use crate::store::region_keys;

/// The key pairs by which other Regions know those of this database.
pub(super) struct RegionKeys;

impl Rewrap for RegionKeys {
    fn name(&self) -> &'static str {
        "region keys"
    }

    fn count<'a>(
        &'a self,
        connection: &'a Connection,
        domain_key: Uuid,
    ) -> BoxFuture<'a, Result<i64, Error>> {
        Box::pin(async move { Ok(region_keys::count(connection, domain_key).await?) })
    }

    fn begin(&self) -> Box<dyn Pass> {
        Box::new(AtOnce)
    }
}

/// There is one for each Region, so they are done in one step.
struct AtOnce;

impl Pass for AtOnce {
    fn next<'a>(&'a mut self, step: Step<'a>) -> BoxFuture<'a, Result<Batch, Error>> {
        Box::pin(async move {
            let mut rewrapped = 0;
            for (region, stored) in region_keys::claim(step.transaction, step.from.0).await? {
                match region_key::rewrap(&stored, &region, step.from.1, step.to.1, step.random) {
                    Ok(wrapped) => {
                        region_keys::replace(step.transaction, &region, step.to.0, &wrapped).await?;
                        rewrapped += 1;
                    }
                    Err(error) => tracing::error!(%region, %error, "a region key can't be re-wrapped"),
                }
            }
            Ok(Batch { rewrapped, more: false })
        })
    }
}

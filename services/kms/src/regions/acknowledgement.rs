//! What the answer of a Region that was told of a key means here.

use keywright_aws_api::Region;
use keywright_store::Transaction;
use time::{Duration, OffsetDateTime};

use super::commit;
use super::message::{Answer, Content, Held};
use super::snapshot::{Telling, moved};
use crate::changes::{Changed, announce};
use crate::domain::key::Key;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

impl Kms {
    /// Takes note of what `peer` answered.
    pub(super) async fn acknowledged(
        &self,
        peer: &Region,
        telling: &Telling,
        answer: Answer,
        retry_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let name = telling.message.name();
        let at = KeyRow::new(&self.region, name);
        let as_primary = matches!(telling.message.content, Content::Primary(_));
        match answer {
            Answer::Done { held } => self.settle(peer, telling, Outcome::Heeded { held }).await,
            // The primary key it was a replica of, or the replica key, isn't there any more.
            Answer::Gone if as_primary => self.settle(peer, telling, Outcome::Gone).await,
            Answer::Gone => self.settle(peer, telling, Outcome::Heeded { held: Vec::new() }).await,
            Answer::OtherPrimary { epoch, primary } if as_primary => {
                let handed_over = matches!(
                    &telling.message.content,
                    Content::Primary(state) if state.primary == *peer && primary == *peer && epoch >= state.epoch
                );
                if handed_over {
                    // It has heeded an earlier message, whose answer was lost.
                    return self.settle(peer, telling, Outcome::Heeded { held: Vec::new() }).await;
                }
                // The Region that has the primary key now will tell so.
                tracing::warn!(key = %name.id, %peer, %primary, "another region has the primary key");
                self.postpone(&at, peer, retry_at).await
            }
            Answer::OtherPrimary { primary, .. } => self.redirect(&at, peer, &primary).await,
            Answer::Superseded { version } => {
                let connection = self.store.connection().await?;
                store::replications::catch_up(&connection, version).await?;
                drop(connection);
                self.postpone(&at, peer, self.now() + SOON).await
            }
            Answer::Refused { reason } => {
                tracing::warn!(key = %name.id, %peer, reason, "a region refuses what it is told of a key");
                self.postpone(&at, peer, retry_at).await
            }
            Answer::Exists | Answer::Key(_) => {
                tracing::warn!(key = %name.id, %peer, "a region answered something else than what it was told");
                self.postpone(&at, peer, retry_at).await
            }
        }
    }

    /// Tries again at `due`.
    pub(super) async fn postpone(
        &self,
        at: &KeyRow,
        peer: &Region,
        due: OffsetDateTime,
    ) -> Result<(), Error> {
        let connection = self.store.connection().await?;
        Ok(store::replications::postpone(&connection, at, peer, due).await?)
    }

    async fn settle(&self, peer: &Region, telling: &Telling, outcome: Outcome) -> Result<(), Error> {
        let name = telling.message.name();
        let at = KeyRow::new(&self.region, name);
        let transaction = self.store.begin().await?;
        let (mut rotated, key) = (None, store::keys::lock(&transaction, &self.region, name).await?);
        if let Some(key) = &key
            && let Content::Primary(state) = &telling.message.content
            && key.multi_region.as_ref().is_some_and(|regions| regions.primary == self.region)
        {
            match outcome {
                Outcome::Gone => rotated = self.remove_replica(&transaction, key, peer).await?,
                Outcome::Heeded { .. } if state.primary == *peer => {
                    self.hand_over(&transaction, &at, key, peer).await?;
                }
                Outcome::Heeded { held } => {
                    let held: Vec<_> = held.iter().map(|held| held.0).collect();
                    store::multi_region::set_held(&transaction, &at, peer, &held).await?;
                    rotated = self.advance_rotation(&transaction, key).await?;
                }
            }
        }
        store::replications::settle(&transaction, &at, peer, telling.generation, self.now()).await?;
        let changed = Changed::Key(name);
        announce(&transaction, &self.region, &changed).await?;
        match &key {
            Some(key) => self.commit_rotation(transaction, rotated, key).await?,
            None => commit(transaction).await?,
        }
        self.directory.caches().forget(&changed);
        self.peers.wake();
        Ok(())
    }

    /// `peer` has the primary key now.
    async fn hand_over(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        key: &Key,
        peer: &Region,
    ) -> Result<(), Error> {
        let change = store::multi_region::primary_change(transaction, at).await?;
        let Some(regions) = key.multi_region.as_ref().filter(|_| change.updating_to.as_ref() == Some(peer))
        else {
            return Ok(());
        };
        store::multi_region::set_regions(transaction, at, &moved(regions, peer)).await?;
        store::multi_region::set_primary_change(transaction, at, &change.done()).await?;
        self.end_update(transaction, at, key).await
    }

    /// Tells `primary` instead of `peer`.
    async fn redirect(&self, at: &KeyRow, peer: &Region, primary: &Region) -> Result<(), Error> {
        let transaction = self.store.begin().await?;
        store::replications::drop(&transaction, at, peer).await?;
        if *primary != self.region {
            store::replications::request(&transaction, at, primary, self.now(), None).await?;
        }
        commit(transaction).await?;
        self.peers.wake();
        Ok(())
    }
}

/// How a message was taken.
enum Outcome {
    /// It was done; the key has these materials there.
    Heeded { held: Vec<Held> },
    /// The replica key isn't there any more.
    Gone,
}

const SOON: Duration = Duration::seconds(1);

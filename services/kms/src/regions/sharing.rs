//! What a change of a multi-Region key asks of the other Regions.

use std::sync::Arc;

use keywright_aws_api::Region;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::Duration;

use crate::domain::entry::KeyName;
use crate::domain::key::{Key, MultiRegion};
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::rotation::Rotation;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::keys::Deletion;
use crate::store::multi_region::PrimaryChange;

impl Kms {
    /// Sees to it that all other Regions which a change of this key concerns are told of it: of a primary key those of
    /// its replica keys, of a replica key that of its primary key. To be called in the transaction of the change; of
    /// keys in one Region nobody is told.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn tell_regions(&self, transaction: &Transaction, key: &Key) -> Result<(), Error> {
        let Some(regions) = &key.multi_region else { return Ok(()) };
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let now = self.now();
        if regions.primary != self.region {
            return Ok(store::replications::request(transaction, &at, &regions.primary, now, None).await?);
        }
        for replica in &regions.replicas {
            store::replications::request(transaction, &at, replica, now, None).await?;
        }
        Ok(())
    }

    /// The same for a request's change; they are told as soon as it is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn tell_regions_after(&self, work: &mut PostgresWork, key: &Key) -> Result<(), Error> {
        if key.multi_region.is_some() {
            self.tell_regions(work.transaction().await?, key).await?;
            self.wake_peers_after(work);
        }
        Ok(())
    }

    /// Begins to tell once a request's change is committed.
    pub(crate) fn wake_peers_after(&self, work: &mut PostgresWork) {
        let peers = Arc::clone(&self.peers);
        work.after_commit(move || peers.wake());
    }

    /// A primary key loses a replica key; a primary key that waited for the last one to be deleted begins its own
    /// waiting period. Gives the rotation that only this replica key held up.
    pub(super) async fn remove_replica(
        &self,
        transaction: &Transaction,
        key: &Key,
        gone: &Region,
    ) -> Result<Option<Rotation>, Error> {
        let Some(regions) = key.multi_region.as_ref().filter(|regions| regions.replicas.contains(gone))
        else {
            return Ok(None);
        };
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let replicas: Vec<Region> =
            regions.replicas.iter().filter(|replica| *replica != gone).cloned().collect();
        let regions = MultiRegion { primary: regions.primary.clone(), replicas };
        store::multi_region::set_regions(transaction, &at, &regions).await?;
        store::multi_region::set_held(transaction, &at, gone, &[]).await?;
        store::replications::drop(transaction, &at, gone).await?;
        let change = store::multi_region::primary_change(transaction, &at).await?;
        if change.updating_to.as_ref() == Some(gone) {
            let change = PrimaryChange { updating_to: None, ..change };
            store::multi_region::set_primary_change(transaction, &at, &change).await?;
            self.end_update(transaction, &at, key).await?;
        }
        if key.state == KeyState::PendingReplicaDeletion && regions.replicas.is_empty() {
            let window_days = key.pending_window_days.unwrap_or(LONGEST_WINDOW_DAYS);
            let due = Some(self.now() + Duration::days(window_days.into()));
            let deletion = Some(Deletion { window_days, due });
            store::keys::set_state(transaction, &at, KeyState::PendingDeletion, deletion).await?;
        }
        let key = Key { multi_region: Some(regions), ..key.clone() };
        self.tell_regions(transaction, &key).await?;
        self.advance_rotation(transaction, &key).await
    }

    /// The change of the primary Region is over.
    pub(super) async fn end_update(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        key: &Key,
    ) -> Result<(), Error> {
        if key.state == KeyState::Updating {
            store::keys::set_state(transaction, at, KeyState::Enabled, None).await?;
        }
        Ok(())
    }
}

const LONGEST_WINDOW_DAYS: i32 = 30;

//! How the replication to Regions begins, or is tried anew.

use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::OffsetDateTime;

use super::acknowledgement::failed;
use super::copying::Copies;
use crate::domain::replica::{Replica, ReplicaStatus};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

impl Secrets {
    /// Has a locked secret replicated to Regions, for which these copies were sealed.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Event`].
    pub async fn begin_replication(
        &self,
        work: &mut PostgresWork,
        secret: &Secret,
        replicas: &[Replica],
        copies: &Copies,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let subject = secret.subject()?;
        let transaction: &Transaction = work.transaction().await?;
        store::replicas::set_replicated(transaction, secret.id).await?;
        for replica in replicas {
            let (status, message) =
                match (copies.refusal(&replica.region), copies.unavailable(&replica.region)) {
                    (Some(reason), _) => (ReplicaStatus::Failed, Some(failed(reason))),
                    (None, Some(reason)) => (ReplicaStatus::InProgress, Some(reason.to_owned())),
                    (None, None) => (ReplicaStatus::InProgress, None),
                };
            let replica = Replica { status, message, ..replica.clone() };
            store::replicas::put(transaction, secret.id, &replica).await?;
            store::copies::forget_undelivered(transaction, secret.id, &replica.region).await?;
            self.tell_region(transaction, &subject, &replica.region, now).await?;
        }
        copies.store(transaction, secret.id).await?;
        self.wake_peers_after(work);
        self.add_event(work, SecretEvent::ReplicationStarted, secret, now).await
    }
}

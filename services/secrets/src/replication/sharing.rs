//! What a change of a secret asks of the other Regions.

use std::sync::Arc;

use keywright_aws_api::Region;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::OffsetDateTime;

use crate::domain::secret::{Secret, SecretSubject};
use crate::error::Error;
use crate::service::Secrets;
use crate::store;
use crate::store::tellings::Topic;

impl Secrets {
    /// Sees to it that all other Regions which a change of a locked secret concerns are told of it: of a primary secret
    /// those of its replicas, of a replica that of its primary secret. Of secrets in one Region nobody is told.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn tell_regions(
        &self,
        transaction: &Transaction,
        secret: &Secret,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if let Some(replica) = &secret.replica_of {
            return self.tell_region(transaction, &secret.subject()?, &replica.primary, now).await;
        }
        if secret.replica_regions.is_empty() {
            return Ok(());
        }
        store::replicas::set_in_progress(transaction, secret.id).await?;
        let subject = secret.subject()?;
        for region in &secret.replica_regions {
            self.tell_region(transaction, &subject, region, now).await?;
        }
        Ok(())
    }

    /// The same for a request's change; they are told as soon as it is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn tell_regions_after(
        &self,
        work: &mut PostgresWork,
        secret: &Secret,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if secret.replica_of.is_some() || !secret.replica_regions.is_empty() {
            self.tell_regions(work.transaction().await?, secret, now).await?;
            self.wake_peers_after(work);
        }
        Ok(())
    }

    /// Sees to it that one Region is told.
    pub(crate) async fn tell_region(
        &self,
        transaction: &Transaction,
        subject: &SecretSubject,
        peer: &Region,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let topic = Topic { region: &self.region, subject, peer };
        Ok(store::tellings::request(transaction, topic, now).await?)
    }

    /// Begins to tell once a request's change is committed.
    pub(crate) fn wake_peers_after(&self, work: &mut PostgresWork) {
        let peers = Arc::clone(&self.peers);
        work.after_commit(move || peers.wake());
    }
}

//! What the answer of a Region that was told of a secret means here.

use keywright_store::Transaction;
use time::{Duration, OffsetDateTime};

use super::message::{Answer, Content};
use super::snapshot::{Progress, Telling};
use crate::domain::replica::{Replica, ReplicaStatus};
use crate::domain::secret::Secret;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;
use crate::store::tellings::Topic;

impl Secrets {
    /// Takes note of what a Region answered.
    pub(super) async fn acknowledged(
        &self,
        topic: Topic<'_>,
        telling: Telling,
        answer: Answer,
        retry_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let Content::Primary(state) = &telling.message.content else {
            return self.heard(topic, &telling, answer, retry_at).await;
        };
        if let Answer::Superseded { number } = answer {
            return self.catch_up(topic, number).await;
        }
        let transaction = self.store.begin().await?;
        let found = self.lock_replica(&transaction, topic).await?;
        let settled = store::tellings::settle(&transaction, topic, telling.generation).await?;
        let now = self.now();
        let Some((secret, replica)) = found.filter(|(_, replica)| replica.replication == state.replication)
        else {
            // The Region was removed meanwhile, or added anew: then it is told again.
            return transaction.commit().await.map_err(Error::of_commit);
        };
        match answer {
            Answer::Done(own) => {
                for (version, copy) in &telling.sent {
                    let region = &replica.region;
                    store::copies::delivered(&transaction, secret.id, region, version, copy).await?;
                }
                let (key, accessed_on) = match own {
                    Some(own) => (own.kms_key_id.clone(), own.accessed_on()),
                    None => (replica.kms_key_id.clone(), None),
                };
                let last_accessed_on = replica.last_accessed_on.max(accessed_on);
                let told = Replica {
                    is_made: true,
                    kms_key_id: key,
                    last_accessed_on,
                    overwrites: false,
                    ..replica
                };
                self.told(transaction, topic, &secret, told, settled, now).await
            }
            Answer::Refused { message } => {
                let failed = Replica { status: ReplicaStatus::Failed, message: Some(message), ..replica };
                self.store_status(transaction, &secret, &failed, now).await
            }
            Answer::Missing { versions } => {
                let versions: Vec<VersionId> = versions.iter().map(|id| VersionId::new(id)).collect();
                store::copies::forget(&transaction, secret.id, &replica.region, &versions).await?;
                self.tell_region(&transaction, topic.subject, topic.peer, now).await?;
                transaction.commit().await.map_err(Error::of_commit)
            }
            // It has become a secret of its own.
            Answer::Gone => {
                store::replicas::delete(&transaction, secret.id, &replica.region).await?;
                self.commit_event(transaction, SecretEvent::ReplicationStopped, &secret, now).await
            }
            Answer::Superseded { .. } => transaction.rollback().await.map_err(Into::into),
        }
    }

    /// Of what a replica told, or of a secret that has none there.
    async fn heard(
        &self,
        topic: Topic<'_>,
        telling: &Telling,
        answer: Answer,
        retry_at: OffsetDateTime,
    ) -> Result<(), Error> {
        match answer {
            Answer::Superseded { number } => self.catch_up(topic, number).await,
            // Where there is no primary secret any more, its Region tells so itself.
            Answer::Done(_) | Answer::Gone => {
                let transaction = self.store.begin().await?;
                store::tellings::settle(&transaction, topic, telling.generation).await?;
                transaction.commit().await.map_err(Error::of_commit)
            }
            Answer::Refused { .. } | Answer::Missing { .. } => {
                tracing::warn!(region = %topic.peer, "a region answered something else than what it was told");
                self.postpone(topic, retry_at).await
            }
        }
    }

    /// A Region is as it was told: is it in sync by that?
    async fn told(
        &self,
        transaction: Transaction,
        topic: Topic<'_>,
        secret: &Secret,
        replica: Replica,
        settled: bool,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (status, message) = match self.progress(&transaction, secret, &replica.region).await? {
            _ if !settled => (ReplicaStatus::InProgress, None),
            Progress::Complete => (ReplicaStatus::InSync, Some(SUCCEEDED.to_owned())),
            Progress::Refused(reason) => (ReplicaStatus::Failed, Some(failed(&reason))),
            Progress::UnderWay => {
                self.tell_region(&transaction, topic.subject, topic.peer, now).await?;
                (ReplicaStatus::InProgress, None)
            }
        };
        self.store_status(transaction, secret, &Replica { status, message, ..replica }, now).await
    }

    /// Without its current value there is no replica.
    pub(super) async fn unusable(
        &self,
        topic: Topic<'_>,
        generation: i64,
        reason: &str,
    ) -> Result<(), Error> {
        let transaction = self.store.begin().await?;
        let found = self.lock_replica(&transaction, topic).await?;
        store::tellings::settle(&transaction, topic, generation).await?;
        let Some((secret, replica)) = found else {
            return transaction.commit().await.map_err(Error::of_commit);
        };
        let failed = Replica { status: ReplicaStatus::Failed, message: Some(failed(reason)), ..replica };
        self.store_status(transaction, &secret, &failed, self.now()).await
    }

    /// Notes how a replica is, while it is tried on.
    pub(super) async fn note(
        &self,
        topic: Topic<'_>,
        status: ReplicaStatus,
        message: &str,
    ) -> Result<(), Error> {
        let transaction = self.store.begin().await?;
        let found = self.lock_replica(&transaction, topic).await?;
        if let Some((secret, replica)) = found {
            let noted = Replica { status, message: Some(message.to_owned()), ..replica.clone() };
            if noted != replica {
                store::replicas::put(&transaction, secret.id, &noted).await?;
            }
        }
        transaction.commit().await.map_err(Error::of_commit)
    }

    /// Tries again at `due`.
    pub(super) async fn postpone(&self, topic: Topic<'_>, due: OffsetDateTime) -> Result<(), Error> {
        let connection = self.store.connection().await?;
        Ok(store::tellings::postpone(&connection, topic, due).await?)
    }

    async fn catch_up(&self, topic: Topic<'_>, number: i64) -> Result<(), Error> {
        let connection = self.store.connection().await?;
        store::tellings::catch_up(&connection, number).await?;
        drop(connection);
        self.postpone(topic, self.now() + SOON).await
    }

    /// Commits how a replica is, with a record of what has come to its end.
    async fn store_status(
        &self,
        transaction: Transaction,
        secret: &Secret,
        replica: &Replica,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        store::replicas::put(&transaction, secret.id, replica).await?;
        match replica.status {
            ReplicaStatus::InSync => {
                self.commit_event(transaction, SecretEvent::ReplicationSucceeded, secret, now).await
            }
            ReplicaStatus::Failed => {
                let (event, reason) = (SecretEvent::ReplicationFailed, replica.message.as_deref());
                self.commit_event_with(transaction, event, secret, reason, now).await
            }
            ReplicaStatus::InProgress => transaction.commit().await.map_err(Error::of_commit),
        }
    }
}

/// As AWS words it.
pub(super) fn failed(reason: &str) -> String {
    format!("Replication failed: {reason}")
}

const SUCCEEDED: &str = "Replication succeeded";
const SOON: Duration = Duration::seconds(1);

//! Tells other Regions what they are to be told, again and again until they have confirmed it. Each Region has a task of
//! its own, so that one that is away holds up no other.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Region;
use keywright_aws_api::error::chain;
use keywright_service::neighbours::{keep_telling, pause};
use tokio::sync::mpsc::UnboundedReceiver;

use super::copying::Copies;
use super::metrics::METRICS;
use super::peers::Peer;
use super::snapshot::Reading;
use crate::domain::replica::{Replica, ReplicaStatus};
use crate::domain::secret::{Secret, SecretSubject};
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;
use crate::store::tellings::Topic;

/// Tells every Region that is introduced what it is to be told, until it is aborted. What other processes have changed is
/// looked for after each `interval`.
pub async fn run(secrets: Arc<Secrets>, introduced: UnboundedReceiver<Region>, interval: Duration) {
    keep_telling(Arc::clone(secrets.peers.neighbours()), introduced, interval, move |peer: Arc<Peer>| {
        let secrets = Arc::clone(&secrets);
        async move {
            let delivered = deliver_due(&secrets, &peer).await;
            measure(&secrets, &peer.region).await?;
            delivered
        }
    })
    .await;
}

/// Tells `peer` all that is due; says of how many secrets. Ends early when it can't be reached.
///
/// # Errors
/// What kept the next one from being told, on this side.
pub async fn deliver_due(secrets: &Secrets, peer: &Peer) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let (now, connection) = (secrets.now(), secrets.store.connection().await?);
        let until = now + LEASE;
        let claimed = store::tellings::claim(&connection, &secrets.region, &peer.region, now, until).await?;
        drop(connection);
        let Some(claimed) = claimed else { return Ok(count) };
        let (subject, retry_at) = (&claimed.subject, now + pause(claimed.attempts));
        let topic = Topic { region: &secrets.region, subject, peer: &peer.region };
        let telling = match secrets.read_sealed(subject, peer).await? {
            Reading::Nothing => continue,
            Reading::Unusable { generation, reason } => {
                secrets.unusable(topic, generation, &reason).await?;
                continue;
            }
            Reading::Unsealed { secret, replica, .. } => {
                let reason = replica.message.unwrap_or_default();
                tracing::warn!(secret = %secret.arn, region = %peer.region, reason, "a value is not sealed yet");
                secrets.postpone(topic, retry_at).await?;
                continue;
            }
            Reading::Tell(telling) => telling,
        };
        match peer.tell(&telling.message).await {
            Ok(answer) => secrets.acknowledged(topic, *telling, answer, retry_at).await?,
            Err(error) => {
                let (region, name, attempts) = (&peer.region, subject.name.as_str(), claimed.attempts);
                tracing::warn!(%region, name, attempts, error = %chain(&error), "a region was not told of a secret");
                let reason = format!("{region} can't be reached now; it is told again");
                secrets.note(topic, ReplicaStatus::InProgress, &reason).await?;
                secrets.postpone(topic, retry_at).await?;
                return Ok(count);
            }
        }
        count += 1;
    }
}

/// Shows how much the Region is still to be told.
async fn measure(secrets: &Secrets, peer: &Region) -> Result<(), Error> {
    let connection = secrets.store.connection().await?;
    let backlog = store::tellings::backlog(&connection, &secrets.region, peer).await?;
    METRICS.backlog(&secrets.region, peer, backlog, secrets.now());
    Ok(())
}

impl Secrets {
    /// Reads what a Region is to be told; what wasn't sealed for it while the caller was there, is sealed now.
    async fn read_sealed(&self, subject: &SecretSubject, peer: &Peer) -> Result<Reading, Error> {
        match self.read_telling(subject, &peer.region).await? {
            Reading::Unsealed { secret, replica, versions } => {
                match self.seal_as_role(&secret, &replica, &versions).await? {
                    Ok(()) => self.read_telling(subject, &peer.region).await,
                    Err(reason) => {
                        let topic = Topic { region: &self.region, subject, peer: &peer.region };
                        self.note(topic, ReplicaStatus::InProgress, &reason).await?;
                        let replica = Box::new(Replica { message: Some(reason), ..*replica });
                        Ok(Reading::Unsealed { secret, replica, versions })
                    }
                }
            }
            reading => Ok(reading),
        }
    }

    /// Seals versions as the role of this service; says why that isn't possible now.
    async fn seal_as_role(
        &self,
        secret: &Secret,
        replica: &Replica,
        versions: &[VersionId],
    ) -> Result<Result<(), String>, Error> {
        let copies = match self.own_role.caller(secret.account).await {
            Ok(caller) => {
                let originals = self.originals(&caller, secret, versions).await?;
                self.copies(&caller, &secret.arn, &originals, std::slice::from_ref(replica)).await
            }
            Err(error) => {
                let account = secret.account;
                tracing::warn!(%account, error = %chain(&error), "nothing can be sealed as the service-linked role");
                if error.passes() {
                    return Ok(Err(error.to_string()));
                }
                Copies::refused(&replica.region, versions, &error.to_string())
            }
        };
        let transaction = self.store.begin().await?;
        if store::secrets::lock(&transaction, &self.region, secret.id).await?.is_some() {
            copies.store(&transaction, secret.id).await?;
        }
        transaction.commit().await.map_err(Error::of_commit)?;
        Ok(copies.unavailable(&replica.region).map_or(Ok(()), |reason| Err(reason.to_owned())))
    }
}

/// Longer than what is asked for one message may take, so that nobody else tells the same meanwhile; it would do no harm.
const LEASE: time::Duration = time::Duration::seconds(30);

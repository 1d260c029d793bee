//! How a secret is, as it is told to another Region.

use std::collections::BTreeMap;

use keywright_aws_api::Region;
use keywright_store::Transaction;
use time::OffsetDateTime;

use super::message::{
    Content, CopyState, Message, PrimaryState, ReplicaOwn, ReplicaState, RotationState, micros,
};
use crate::domain::replica::Replica;
use crate::domain::secret::{Secret, SecretSubject};
use crate::domain::stage::Stage;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;
use crate::store::copies::{Copy, SealedCopy};
use crate::store::tellings::Topic;

/// What a Region is told, and by what it was asked for.
pub(super) struct Telling {
    pub(super) message: Message,
    /// What was wanted when it was read.
    pub(super) generation: i64,
    /// The copies in it.
    pub(super) sent: Vec<(VersionId, SealedCopy)>,
}

/// What is found when it is to be told how a secret is.
pub(super) enum Reading {
    /// Somebody else has told it.
    Nothing,
    /// Values are to be sealed first.
    Unsealed { secret: Box<Secret>, replica: Box<Replica>, versions: Vec<VersionId> },
    /// There can't be a replica without the current value, which can't be sealed.
    Unusable { generation: i64, reason: String },
    /// This.
    Tell(Box<Telling>),
}

/// The versions of a secret that are for a Region, and what that has of them.
struct Versions {
    labelled: BTreeMap<VersionId, OffsetDateTime>,
    copies: BTreeMap<VersionId, Copy>,
}

impl Secrets {
    /// Reads what `peer` is to be told of a secret now.
    ///
    /// The secret is locked meanwhile, so that of two messages the one with the higher number tells of the newer state.
    pub(super) async fn read_telling(
        &self,
        subject: &SecretSubject,
        peer: &Region,
    ) -> Result<Reading, Error> {
        let topic = Topic { region: &self.region, subject, peer };
        let transaction = self.store.begin().await?;
        let secret = self.lock_subject(&transaction, subject).await?;
        let Some(generation) = store::tellings::generation(&transaction, topic).await? else {
            transaction.rollback().await?;
            return Ok(Reading::Nothing);
        };
        let mut sent = Vec::new();
        let content = match secret {
            Some(secret) if secret.replica_regions.contains(peer) => {
                let replica = replica_in(&transaction, &secret, peer).await?;
                let replica = replica.ok_or(Error::Corrupt("replica_regions"))?;
                let versions = Versions::read(&transaction, &secret, peer).await?;
                let unsealed = versions.unsealed();
                if !unsealed.is_empty() {
                    transaction.rollback().await?;
                    let (secret, replica) = (Box::new(secret), Box::new(replica));
                    return Ok(Reading::Unsealed { secret, replica, versions: unsealed });
                }
                sent = versions.to_send(&secret);
                let stages = versions.stages(&secret, &sent);
                if stages.is_none() && !replica.is_made {
                    transaction.rollback().await?;
                    let reason = versions.refusal().unwrap_or_default().to_owned();
                    return Ok(Reading::Unusable { generation, reason });
                }
                Content::Primary(Box::new(state(&secret, replica, &versions, &sent, stages)))
            }
            Some(Secret { replica_of: Some(of), kms_key_id, last_accessed_on, .. })
                if of.primary == *peer =>
            {
                let own = ReplicaOwn::new(kms_key_id, last_accessed_on);
                Content::Replica(ReplicaState { replication: of.replication, own })
            }
            Some(_) | None => {
                Content::Apart { ended: store::tellings::received(&transaction, topic).await?.made }
            }
        };
        let number = store::tellings::next_number(&transaction).await?;
        transaction.rollback().await?;
        let message = Message::new(&self.region, subject, number, content);
        Ok(Reading::Tell(Box::new(Telling { message, generation, sent })))
    }

    /// Locks a secret; none when there is no such one, but perhaps one of the same name.
    pub(super) async fn lock_subject(
        &self,
        transaction: &Transaction,
        subject: &SecretSubject,
    ) -> Result<Option<Secret>, Error> {
        let Some(secret) = store::secrets::lock_named(transaction, &self.region, subject).await? else {
            return Ok(None);
        };
        Ok((secret.subject()? == *subject).then_some(secret))
    }

    /// A primary secret, locked, with its replica in the Region that is spoken to; none where there is no such secret, or no
    /// replica of it there.
    pub(super) async fn lock_replica(
        &self,
        transaction: &Transaction,
        topic: Topic<'_>,
    ) -> Result<Option<(Secret, Replica)>, Error> {
        let Some(secret) = self.lock_subject(transaction, topic.subject).await? else { return Ok(None) };
        let replica = replica_in(transaction, &secret, topic.peer).await?;
        Ok(replica.map(|replica| (secret, replica)))
    }

    /// How far a Region has come with the versions of a locked secret.
    pub(super) async fn progress(
        &self,
        transaction: &Transaction,
        secret: &Secret,
        peer: &Region,
    ) -> Result<Progress, Error> {
        let versions = Versions::read(transaction, secret, peer).await?;
        Ok(match versions.refusal() {
            _ if versions.is_under_way() => Progress::UnderWay,
            Some(reason) => Progress::Refused(reason.to_owned()),
            None => Progress::Complete,
        })
    }
}

/// How far a Region has come with a secret's versions.
pub(super) enum Progress {
    /// It has all.
    Complete,
    /// It is to get more.
    UnderWay,
    /// It can't get all, for this reason.
    Refused(String),
}

impl Versions {
    async fn read(transaction: &Transaction, secret: &Secret, peer: &Region) -> Result<Self, Error> {
        let labelled = store::versions::labelled(transaction, secret.id).await?.into_iter().collect();
        let copies = store::copies::of_region(transaction, secret.id, peer).await?;
        Ok(Self { labelled, copies })
    }

    /// Those that nobody has tried to seal yet.
    fn unsealed(&self) -> Vec<VersionId> {
        self.labelled.keys().filter(|version| !self.copies.contains_key(*version)).cloned().collect()
    }

    fn is_under_way(&self) -> bool {
        let is_waiting =
            |version| !matches!(self.copies.get(version), Some(Copy::Delivered | Copy::Refused(_)));
        self.labelled.keys().any(is_waiting)
    }

    fn refusal(&self) -> Option<&str> {
        self.labelled.keys().find_map(|version| match self.copies.get(version) {
            Some(Copy::Refused(reason)) => Some(reason.as_str()),
            Some(Copy::Sealed(_) | Copy::Delivered) | None => None,
        })
    }

    /// The copies for the next message, the current value first: more than fit into one are sent one message after the
    /// other.
    fn to_send(&self, secret: &Secret) -> Vec<(VersionId, SealedCopy)> {
        let current = secret.stages.version(&Stage::current());
        let mut versions: Vec<&VersionId> = self.labelled.keys().collect();
        versions.sort_by_key(|version| Some(*version) != current);
        let sealed = versions.into_iter().filter_map(|version| match self.copies.get(version) {
            Some(Copy::Sealed(copy)) => Some((version.clone(), copy.clone())),
            Some(Copy::Delivered | Copy::Refused(_)) | None => None,
        });
        sealed.take(COPIES_IN_A_MESSAGE).collect()
    }

    /// The labels of what the Region has and is sent; none while it would have no current value.
    fn stages(&self, secret: &Secret, sent: &[(VersionId, SealedCopy)]) -> Option<Vec<(String, String)>> {
        let is_there = |version: &VersionId| {
            matches!(self.copies.get(version), Some(Copy::Delivered))
                || sent.iter().any(|(sent, _)| sent == version)
        };
        match secret.stages.version(&Stage::current()) {
            Some(current) if self.labelled.contains_key(current) && !is_there(current) => return None,
            Some(_) | None => {}
        }
        let there = self.labelled.keys().filter(|version| is_there(version));
        let labels = there.flat_map(|version| {
            secret.stages.of(version).map(move |stage| (stage.to_string(), version.to_string()))
        });
        Some(labels.collect())
    }
}

async fn replica_in(
    transaction: &Transaction,
    secret: &Secret,
    region: &Region,
) -> Result<Option<Replica>, Error> {
    let replicas = store::replicas::of_secret(transaction, secret.id).await?;
    Ok(replicas.into_iter().find(|replica| replica.region == *region))
}

fn state(
    secret: &Secret,
    replica: Replica,
    versions: &Versions,
    sent: &[(VersionId, SealedCopy)],
    stages: Option<Vec<(String, String)>>,
) -> PrimaryState {
    let copies = sent.iter().map(|(version, copy)| {
        let created_at = versions.labelled.get(version).copied().unwrap_or(secret.created_at);
        CopyState::new(version.as_str(), created_at, copy)
    });
    PrimaryState {
        replication: replica.replication,
        overwrites: replica.overwrites,
        kms_key_id: replica.kms_key_id,
        description: secret.description.clone(),
        owning_service: secret.owning_service.clone(),
        last_changed_at: micros(secret.last_changed_at),
        policy: secret.policy.as_ref().map(|policy| policy.text().to_owned()),
        tags: secret.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        rotation: secret.rotation.as_ref().map(RotationState::of),
        copies: copies.collect(),
        stages,
    }
}

/// They fit into a request, whatever their values.
const COPIES_IN_A_MESSAGE: usize = 4;

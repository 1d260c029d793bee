//! What a message of another Region does here.

use std::collections::BTreeSet;

use keywright_aws_api::Region;
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use super::acknowledgement::failed;
use super::message::{
    Answer, Content, Message, PrimaryState, ReplicaOwn, ReplicaState, UNREADABLE, from_micros,
};
use crate::domain::replica::{Replica, ReplicaOf};
use crate::domain::secret::{Secret, SecretSubject};
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::tags::Tag;
use crate::domain::version::Version;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;
use crate::store::secrets::NewSecret;
use crate::store::tellings::{Received, Topic};

/// What there is here of a secret that another Region tells of.
enum Present {
    /// Its replica.
    Replica(Box<Secret>),
    /// Nothing.
    Nothing,
    /// Another secret of the name, which is to be replaced.
    Replaced(Box<Secret>),
}

impl Secrets {
    /// Does what a message asks for, in the work of the request that brings it, and says what is to be answered.
    ///
    /// # Errors
    /// [`Error`] when it could not be done; the Region will try again.
    pub async fn heed(&self, work: &mut PostgresWork, message: &Message) -> Result<Answer, Error> {
        let subject = message.subject().ok_or(UNREADABLE)?;
        let topic = Topic { region: &self.region, subject: &subject, peer: &message.from };
        self.directory.forget_after(work, subject.account, &subject.name);
        let transaction = work.transaction().await?;
        store::tellings::lock(transaction, topic).await?;
        let received = store::tellings::received(transaction, topic).await?;
        if message.number <= received.number {
            return Ok(Answer::Superseded { number: received.number });
        }
        let number = message.number;
        match &message.content {
            Content::Primary(state) => self.heed_primary(work, topic, number, state, received).await,
            Content::Replica(state) => self.heed_replica(work, topic, number, state).await,
            Content::Apart { ended } => self.heed_apart(work, topic, number, *ended).await,
        }
    }

    async fn heed_primary(
        &self,
        work: &mut PostgresWork,
        topic: Topic<'_>,
        number: i64,
        state: &PrimaryState,
        received: Received,
    ) -> Result<Answer, Error> {
        let now = self.now();
        let transaction: &Transaction = work.transaction().await?;
        let named = store::secrets::lock_named(transaction, &self.region, topic.subject).await?;
        let is_full = named.is_none() && self.is_full(transaction, topic.subject).await?;
        let present = match named {
            Some(secret) if is_replica(&secret, topic)? => Present::Replica(Box::new(secret)),
            // It was made, and is a secret of its own by now, or deleted: it isn't made once more.
            _ if received.made == Some(state.replication) => return Ok(Answer::Gone),
            Some(secret) => match refusal(&secret, state, &self.region) {
                Some(message) => return Ok(Answer::Refused { message }),
                None => Present::Replaced(Box::new(secret)),
            },
            None if is_full => {
                let reason = format!("the account has as many secrets in {} as it may have", self.region);
                return Ok(Answer::Refused { message: failed(&reason) });
            }
            None => Present::Nothing,
        };
        let held = match &present {
            Present::Replica(secret) => self.held(transaction, secret, state).await?,
            Present::Nothing | Present::Replaced(_) => BTreeSet::new(),
        };
        let missing = missing(state, &held);
        if !missing.is_empty() {
            return Ok(Answer::Missing { versions: missing });
        }
        let (secret, event) = match present {
            Present::Replica(secret) => (*secret, SecretEvent::ReplicaSynchronized),
            Present::Nothing => (
                self.make_replica(transaction, topic.subject, state, now).await?,
                SecretEvent::ReplicaCreated,
            ),
            Present::Replaced(former) => {
                store::secrets::delete(transaction, former.id).await?;
                self.add_event(work, SecretEvent::EndDeletion, &former, now).await?;
                let transaction: &Transaction = work.transaction().await?;
                (
                    self.make_replica(transaction, topic.subject, state, now).await?,
                    SecretEvent::ReplicaCreated,
                )
            }
        };
        let transaction: &Transaction = work.transaction().await?;
        let of = ReplicaOf { primary: topic.peer.clone(), replication: state.replication };
        store::secrets::set_replica_of(transaction, secret.id, Some(&of)).await?;
        self.take_over(transaction, &secret, state, &held, now).await?;
        let received = Received { number, made: Some(state.replication) };
        store::tellings::note_received(transaction, topic, received).await?;
        self.add_event(work, event, &secret, now).await?;
        Ok(Answer::Done(Some(ReplicaOwn::new(secret.kms_key_id, secret.last_accessed_on))))
    }

    /// Makes a replica, of which nothing but the name is there yet.
    async fn make_replica(
        &self,
        transaction: &Transaction,
        subject: &SecretSubject,
        state: &PrimaryState,
        now: OffsetDateTime,
    ) -> Result<Secret, Error> {
        let id = uuid::Builder::from_random_bytes(self.random.bytes()?).into_uuid();
        let secret = NewSecret {
            id,
            region: &self.region,
            account: subject.account,
            name: &subject.name,
            suffix: &subject.suffix,
            description: state.description.as_deref(),
            kms_key_id: state.kms_key_id.as_deref(),
            owning_service: state.owning_service.as_deref(),
            created_at: now,
        };
        if !store::secrets::insert(transaction, &secret).await? {
            return Err(Error::Conflict);
        }
        store::secrets::lock(transaction, &self.region, id).await?.ok_or(Error::Conflict)
    }

    /// Takes over all that a primary secret shares.
    async fn take_over(
        &self,
        transaction: &Transaction,
        secret: &Secret,
        state: &PrimaryState,
        held: &BTreeSet<String>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let id = secret.id;
        for copy in state.copies.iter().filter(|copy| !held.contains(&copy.version)) {
            let sealed = copy.sealed();
            let version = Version {
                id: VersionId::new(&copy.version),
                sealed_value: sealed.sealed_value,
                data_key: sealed.data_key,
                created_at: from_micros(copy.created_at)?,
                last_accessed_on: None,
            };
            store::versions::insert(transaction, id, &version).await?;
        }
        if let Some(stages) = &state.stages {
            let stages = stages.iter().map(|(stage, id)| (Stage::new(stage), VersionId::new(id)));
            let changes = stages.collect::<Stages>().changes_since(&secret.stages);
            store::versions::change_stages(transaction, id, &changes).await?;
            store::versions::prune(transaction, id, now).await?;
        }
        let changed_at = from_micros(state.last_changed_at)?;
        let (description, key) = (state.description.as_deref(), secret.kms_key_id.as_deref());
        store::secrets::set_details(transaction, id, description, key, changed_at).await?;
        store::secrets::set_policy(transaction, id, state.policy.as_deref(), changed_at).await?;
        store::tags::clear(transaction, id).await?;
        let tags = state.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        store::tags::put(transaction, id, &tags.collect::<Vec<_>>()).await?;
        match &state.rotation {
            // It is shown only: nothing of it is ever due here.
            Some(rotation) => {
                store::rotations::put(transaction, &self.region, id, &rotation.shown()?, None).await?;
            }
            None => store::rotations::delete(transaction, id).await?,
        }
        Ok(())
    }

    /// Which of the versions that a message is about are here, with their values.
    async fn held(
        &self,
        transaction: &Transaction,
        secret: &Secret,
        state: &PrimaryState,
    ) -> Result<BTreeSet<String>, Error> {
        let labelled = state.stages.iter().flatten().map(|(_, version)| version);
        let all: BTreeSet<VersionId> = labelled
            .chain(state.copies.iter().map(|copy| &copy.version))
            .map(|version| VersionId::new(version))
            .collect();
        let found = store::versions::find_all(transaction, secret.id, &all).await?;
        Ok(found.into_iter().map(|version| version.id.to_string()).collect())
    }

    async fn is_full(&self, transaction: &Transaction, subject: &SecretSubject) -> Result<bool, Error> {
        match self.limits.secrets_per_account.count() {
            Some(limit) => {
                let (region, account) = (&self.region, subject.account);
                Ok(store::secrets::exceeds(transaction, region, account, limit.saturating_sub(1)).await?)
            }
            None => Ok(false),
        }
    }

    async fn heed_replica(
        &self,
        work: &mut PostgresWork,
        topic: Topic<'_>,
        number: i64,
        state: &ReplicaState,
    ) -> Result<Answer, Error> {
        let transaction: &Transaction = work.transaction().await?;
        let Some((secret, replica)) = self.replica_there(transaction, topic, state.replication).await? else {
            return Ok(Answer::Gone);
        };
        let last_accessed_on = replica.last_accessed_on.max(state.own.accessed_on());
        let kms_key_id = state.own.kms_key_id.clone();
        let told = Replica { kms_key_id, last_accessed_on, is_made: true, ..replica };
        store::replicas::put(transaction, secret.id, &told).await?;
        store::tellings::note_received(transaction, topic, Received { number, made: None }).await?;
        Ok(Answer::Done(None))
    }

    async fn heed_apart(
        &self,
        work: &mut PostgresWork,
        topic: Topic<'_>,
        number: i64,
        ended: Option<Uuid>,
    ) -> Result<Answer, Error> {
        let now = self.now();
        let transaction: &Transaction = work.transaction().await?;
        store::tellings::note_received(transaction, topic, Received { number, made: None }).await?;
        let named = store::secrets::lock_named(transaction, &self.region, topic.subject).await?;
        if let Some(secret) = named
            && is_replica(&secret, topic)?
        {
            store::secrets::delete(transaction, secret.id).await?;
            self.add_event(work, SecretEvent::EndDeletion, &secret, now).await?;
            return Ok(Answer::Done(None));
        }
        let Some(ended) = ended else { return Ok(Answer::Done(None)) };
        if let Some((secret, replica)) = self.replica_there(transaction, topic, ended).await? {
            store::replicas::delete(transaction, secret.id, &replica.region).await?;
            self.add_event(work, SecretEvent::ReplicationStopped, &secret, now).await?;
        }
        Ok(Answer::Done(None))
    }

    /// The primary secret here, locked, with its replica in the Region that tells of it, if that is of this replication.
    async fn replica_there(
        &self,
        transaction: &Transaction,
        topic: Topic<'_>,
        replication: Uuid,
    ) -> Result<Option<(Secret, Replica)>, Error> {
        let found = self.lock_replica(transaction, topic).await?;
        Ok(found.filter(|(_, replica)| replica.replication == replication))
    }
}

/// Whether a secret is a replica of the one that is told of.
fn is_replica(secret: &Secret, topic: Topic<'_>) -> Result<bool, Error> {
    let of_peer = |peer: &Region| secret.replica_of.as_ref().is_some_and(|of| of.primary == *peer);
    Ok(of_peer(topic.peer) && secret.subject()? == *topic.subject)
}

/// Why a secret that has the name isn't replaced.
fn refusal(present: &Secret, state: &PrimaryState, region: &Region) -> Option<String> {
    let name = &present.name;
    if !state.overwrites {
        return Some(failed(&format!("Secret name {name} already exists in region {region}.")));
    }
    if present.replica_of.is_some() || !present.replica_regions.is_empty() {
        return Some(failed(&format!(
            "Secret {name} in region {region} is itself replicated, and is not overwritten."
        )));
    }
    None
}

/// The versions that the labels are about, and that are neither here nor in the message.
fn missing(state: &PrimaryState, held: &BTreeSet<String>) -> Vec<String> {
    let is_there =
        |version: &String| held.contains(version) || state.copies.iter().any(|copy| copy.version == *version);
    let labelled: BTreeSet<&String> = state.stages.iter().flatten().map(|(_, version)| version).collect();
    labelled.into_iter().filter(|version| !is_there(version)).cloned().collect()
}

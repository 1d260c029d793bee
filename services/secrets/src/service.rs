//! What all operations share.

use std::sync::Arc;

use keywright_aws_api::{ApiError, Call, Clock, Region, ServiceState};
use keywright_crypto::Random;
use keywright_policy::Policy;
use keywright_service::{Outbox, PostgresWork};
use keywright_store::{Store, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::config::LimitsSection;
use crate::directory::{FoundSecret, SecretDirectory};
use crate::domain::reference::SecretReference;
use crate::domain::replica::Replica;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::version::Version;
use crate::envelope::Envelope;
use crate::error::Error;
use crate::replication::own_role::OwnRole;
use crate::replication::peers::Peers;
use crate::rotation::engine::RotationEngine;
use crate::store;
use crate::throughput::Throughput;

/// The Secrets Manager of one Region.
pub struct Secrets {
    /// The Region.
    pub region: Region,
    /// The database.
    pub store: Store,
    /// The secrets, for who reads their current values.
    pub directory: SecretDirectory,
    /// Changes with their records.
    pub outbox: Outbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Seals and opens values.
    pub envelope: Envelope,
    /// How many secrets an account may have.
    pub limits: LimitsSection,
    /// How often an account may call.
    pub throughput: Throughput,
    /// What rotates them.
    pub rotation: RotationEngine,
    /// The other Regions.
    pub peers: Arc<Peers>,
    /// As whom this service seals for them by itself.
    pub own_role: OwnRole,
    /// Who may tell of secrets of other Regions.
    pub delivery_policy: Arc<Policy>,
}

impl ServiceState for Secrets {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ApiError> {
        self.throughput.admit(call, operation)
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}

impl Secrets {
    /// The time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The secret that a request names.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::InvalidName`], [`Error::Store`].
    pub async fn find(&self, call: &Call, secret_id: &str) -> Result<Secret, Error> {
        let reference = SecretReference::parse(secret_id, &self.region, call.account())?;
        let connection = self.store.connection().await?;
        store::secrets::find(&connection, &self.region, &reference).await?.ok_or(Error::SecretNotFound)
    }

    /// The secret that a request names, with its current version: perhaps from memory.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn find_current(&self, call: &Call, secret_id: &str) -> Result<Arc<FoundSecret>, Error> {
        let reference = SecretReference::parse(secret_id, &self.region, call.account())?;
        self.directory.current(&reference).await
    }

    /// The replicas of a secret.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    pub async fn replicas(&self, secret: &Secret) -> Result<Vec<Replica>, Error> {
        if secret.replica_regions.is_empty() {
            return Ok(Vec::new());
        }
        let connection = self.store.connection().await?;
        store::replicas::of_secret(&connection, secret.id).await
    }

    /// Begins to change a secret: locks it, and gives it as it is now.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`] when it was deleted meanwhile, [`Error::OnReplica`] for what only its primary secret
    /// changes, or [`Error::Store`].
    pub async fn change<'w>(
        &self,
        work: &'w mut PostgresWork,
        secret: &Secret,
    ) -> Result<(&'w Transaction, Secret), Error> {
        let (transaction, locked) = self.change_any(work, secret).await?;
        locked.own()?;
        Ok((transaction, locked))
    }

    /// The same for what is done to replicas, too.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`] when it was deleted meanwhile, or [`Error::Store`].
    pub async fn change_any<'w>(
        &self,
        work: &'w mut PostgresWork,
        secret: &Secret,
    ) -> Result<(&'w Transaction, Secret), Error> {
        self.directory.forget_after(work, secret.account, &secret.name);
        let transaction: &Transaction = work.transaction().await?;
        let locked = store::secrets::lock(transaction, &self.region, secret.id).await?;
        Ok((transaction, locked.ok_or(Error::SecretNotFound)?))
    }
}

/// Adds a version to a secret that is locked, moves its labels, and lets go of versions that nobody needs. Gives the
/// labels as they are then.
///
/// # Errors
/// [`Error::LimitExceeded`] for too many labels, [`Error::Conflict`] when the version has just been made by another
/// request, [`Error::Store`].
pub async fn add_version(
    transaction: &Transaction,
    locked: &Secret,
    version: &Version,
    labels: &[Stage],
) -> Result<Stages, Error> {
    let mut stages = locked.stages.clone();
    stages.add_version(&version.id, labels)?;
    store::versions::insert(transaction, locked.id, version).await?;
    store::versions::change_stages(transaction, locked.id, &stages.changes_since(&locked.stages)).await?;
    store::versions::prune(transaction, locked.id, version.created_at).await?;
    Ok(stages)
}

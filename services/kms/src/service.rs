//! What all operations share.

use std::sync::Arc;

use keywright_attestation::RootCertificates;
use keywright_aws_api::{AccountId, ApiError, Call, Clock, Region, ServiceState};
use keywright_crypto::Random;
use keywright_service::{AccountName, Outbox, PostgresWork};
use keywright_store::Store;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::changes::{Changed, announce};
use crate::config::LimitsSection;
use crate::custom_stores::{Backends, Cluster, CustomStoreError, StoreEntry};
use crate::directory::KeyDirectory;
use crate::domain::alias::AliasName;
use crate::domain::custom_store::StoreName;
use crate::domain::domain_keys::DomainKeys;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::key::{Key, KeyManagerType};
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::last_usage::LastUsage;
use crate::quotas::Quotas;
use crate::regions::peers::Peers;
use crate::rsa_pool::RsaPool;
use crate::store;
use crate::store::AccountRows;

/// The KMS of one Region.
pub struct Kms {
    /// The Region.
    pub region: Region,
    /// The installation's first account, whose administrators are the operators.
    pub account: AccountId,
    /// The database.
    pub store: Store,
    /// Changes with their records.
    pub outbox: Outbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The keys that wrap materials.
    pub domain_keys: Arc<DomainKeys>,
    /// Finds keys.
    pub directory: KeyDirectory,
    /// Reaches what backs custom key stores.
    pub backends: Arc<Backends>,
    /// Wakes who connects custom key stores.
    pub to_connect: Arc<Notify>,
    /// Who stands behind the attestation documents of enclaves, if anybody is trusted to.
    pub enclave_roots: Option<Arc<RootCertificates>>,
    /// RSA keys made ahead.
    pub rsa_pool: RsaPool,
    /// When keys were last used.
    pub last_usage: Arc<LastUsage>,
    /// How often accounts may call.
    pub quotas: Quotas,
    /// How many things there may be.
    pub limits: LimitsSection,
    /// The other Regions.
    pub peers: Arc<Peers>,
}

impl ServiceState for Kms {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ApiError> {
        self.quotas.admit_operation(call, operation)
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}

impl Kms {
    /// The time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The cluster of an account that a custom key store is to have.
    ///
    /// # Errors
    /// [`CustomStoreError::ClusterNotFound`].
    pub fn cluster(&self, account: AccountId, id: &str) -> Result<&Cluster, Error> {
        let cluster = self.backends.clusters.find(account, id);
        Ok(cluster.ok_or_else(|| CustomStoreError::ClusterNotFound(id.to_owned()))?)
    }

    /// The custom key store of a key, where it is in one.
    ///
    /// # Errors
    /// Whatever kept it from being loaded.
    pub async fn store_of(&self, key: &Key) -> Result<Option<Arc<StoreEntry>>, Error> {
        let Some(at) = &key.custom_store else { return Ok(None) };
        let name = StoreName { account: key.account, id: at.store_id.clone() };
        self.directory.custom_store(&name).await.map(Some)
    }

    /// The custom key store of a key that is to be used, where it is in one.
    ///
    /// # Errors
    /// [`Error::KeyState`] when the store isn't connected, or whatever kept it from being loaded.
    pub async fn reach(&self, entry: &KeyEntry) -> Result<Option<Arc<StoreEntry>>, Error> {
        let store = self.store_of(&entry.key).await?;
        match store.as_ref().map(|store| store.store.state_of(&entry.key)) {
            Some(KeyState::Unavailable) => {
                Err(Error::KeyState { arn: Arc::clone(&entry.key.arn), state: KeyState::Unavailable })
            }
            _ => Ok(store),
        }
    }

    /// Begins to change a key: locks it, and sees to it that every replica drops what it keeps of it once the change is
    /// committed. Gives the key as it is now.
    ///
    /// # Errors
    /// [`Error::KeyNotFound`] when it was deleted meanwhile, or [`Error::Store`].
    pub async fn change_key(&self, work: &mut PostgresWork, name: KeyName) -> Result<Key, Error> {
        let transaction = work.transaction().await?;
        let key = store::keys::lock(transaction, &self.region, name).await?;
        let key = key.ok_or_else(|| Error::KeyNotFound { arn: name.id.arn(&self.region, name.account) })?;
        self.forget_after(work, Changed::Key(name)).await?;
        Ok(key)
    }

    /// As [`change_key`](Self::change_key), for what an account may do to its own keys only.
    ///
    /// # Errors
    /// Also [`Error::KeyManagedByAws`].
    pub async fn change_customer_key(
        &self,
        work: &mut PostgresWork,
        name: KeyName,
        call: &Call,
        action: &'static str,
    ) -> Result<Key, Error> {
        let key = self.change_key(work, name).await?;
        match key.manager {
            KeyManagerType::Customer => Ok(key),
            KeyManagerType::Aws => {
                let caller = call.caller.principal.arn.clone();
                Err(Error::KeyManagedByAws { caller, action, arn: key.arn })
            }
        }
    }

    /// Begins to change an alias that stands for `key`, for which the caller was allowed to: locks it, and sees to it
    /// that every replica drops what it keeps of it.
    ///
    /// # Errors
    /// [`Error::AliasNotFound`] when it was deleted meanwhile, [`Error::AliasMoved`] when it stands for another key by
    /// now, or [`Error::Store`].
    pub async fn change_alias(
        &self,
        work: &mut PostgresWork,
        alias: &AliasName,
        key: KeyName,
    ) -> Result<(), Error> {
        let of = AccountRows::new(&self.region, key.account);
        let arn = || alias.arn(&self.region, key.account);
        match store::aliases::lock(work.transaction().await?, &of, alias.as_str()).await? {
            Some(id) if id == key.id => self.announce_alias(work, key.account, alias.as_str()).await,
            Some(_) => Err(Error::AliasMoved { arn: arn() }),
            None => Err(Error::AliasNotFound { arn: arn() }),
        }
    }

    /// Sees to it that every replica drops what it keeps of an alias once a change of it is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn announce_alias(
        &self,
        work: &mut PostgresWork,
        account: AccountId,
        name: &str,
    ) -> Result<(), Error> {
        self.forget_after(work, Changed::Alias(AccountName { account, name: name.into() })).await
    }

    /// Sees to it that every replica drops what it keeps of a key once a change of it is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn announce_key(&self, work: &mut PostgresWork, name: KeyName) -> Result<(), Error> {
        self.forget_after(work, Changed::Key(name)).await
    }

    /// Has every replica drop what it keeps of a changed thing, once the change is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn forget_after(&self, work: &mut PostgresWork, changed: Changed) -> Result<(), Error> {
        announce(work.transaction().await?, &self.region, &changed).await?;
        let caches = Arc::clone(self.directory.caches());
        work.unless_rolled_back(move || caches.forget(&changed));
        Ok(())
    }
}

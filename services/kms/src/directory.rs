//! Finds keys by their names: from memory when it can be trusted, from the database else.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{AccountId, Arn, Clock, Region};
use keywright_crypto::Key256;
use keywright_service::{AccountName, AccountNameRef, CompiledPolicies, Hearing};
use keywright_store::{Connection, Store, StoreConfig, StoreError};
use uuid::Uuid;

use crate::changes::{CHANNEL, Caches};
use crate::custom_stores::{Backends, CustomStoreError, StoreEntry};
use crate::domain::custom_store::StoreName;
use crate::domain::domain_keys::DomainKeys;
use crate::domain::entry::{KeyEntry, KeyName, LoadedMaterial, ReadyMaterial};
use crate::domain::grants::{self, KeyGrants, OfGrantee};
use crate::domain::identifier::KeyIdentifier;
use crate::domain::key::Key;
use crate::domain::key_id::KeyId;
use crate::domain::material::{KeyMaterial, MaterialOwner};
use crate::domain::{policy, store_credential};
use crate::error::Error;
use crate::imported::expire;
use crate::store;
use crate::store::grants::GrantFilter;
use crate::store::keys::StoredKey;
use crate::store::materials::{StoredMaterial, WrappedMaterial};
use crate::store::{AccountRows, KeyRow};

/// The keys and aliases of one Region.
pub struct KeyDirectory {
    source: Arc<Source>,
    caches: Arc<Caches>,
    hearing: Hearing,
}

/// Where keys are loaded from.
struct Source {
    region: Region,
    store: Store,
    domain_keys: Arc<DomainKeys>,
    clock: Arc<dyn Clock>,
    backends: Arc<Backends>,
    policies: CompiledPolicies,
}

impl KeyDirectory {
    /// Starts listening for changes, and waits until they can be heard: until then, nothing in memory would last.
    ///
    /// When none can be heard for longer than `max_staleness`, what is in memory isn't used any more.
    ///
    /// # Errors
    /// [`StoreError`] for a wrong setting, or when the database doesn't let it listen.
    #[expect(
        clippy::too_many_arguments,
        reason = "the one constructor, of parts that have nothing in common"
    )]
    pub async fn open(
        region: Region,
        store: Store,
        clock: Arc<dyn Clock>,
        config: &StoreConfig,
        domain_keys: Arc<DomainKeys>,
        caches: Arc<Caches>,
        max_staleness: Duration,
        backends: Arc<Backends>,
    ) -> Result<Self, StoreError> {
        let hearing = {
            let (region, caches) = (region.clone(), Arc::clone(&caches));
            Hearing::begin(config, CHANNEL, max_staleness, move |change| caches.apply(&region, change))
                .await?
        };
        let source = Arc::new(Source {
            region,
            store,
            domain_keys,
            clock,
            backends,
            policies: CompiledPolicies::default(),
        });
        Ok(Self { source, caches, hearing })
    }

    /// What is kept in memory.
    #[must_use]
    pub fn caches(&self) -> &Arc<Caches> {
        &self.caches
    }

    /// The key that any of the four identifiers names, for a caller of `account`.
    ///
    /// # Errors
    /// As [`KeyIdentifier::parse`], and [`Error::KeyNotFound`] or [`Error::AliasNotFound`].
    pub async fn resolve(&self, text: &str, account: AccountId) -> Result<Arc<KeyEntry>, Error> {
        match KeyIdentifier::parse(text, &self.source.region, account)? {
            KeyIdentifier::Key(name) => self.key(name).await,
            KeyIdentifier::Alias { account, name } => {
                let id = *self.alias(account, name).await?;
                self.key(KeyName { account, id }).await
            }
        }
    }

    /// The key of `account` that a key id or key ARN names, for the operations that nobody may call on another account's
    /// keys: these are as if they didn't exist.
    ///
    /// # Errors
    /// As [`KeyIdentifier::parse_key`], and [`Error::KeyNotFound`].
    pub async fn resolve_key(&self, text: &str, account: AccountId) -> Result<Arc<KeyEntry>, Error> {
        let name = KeyIdentifier::parse_key(text, &self.source.region, account)?;
        if name.account != account {
            return Err(Error::KeyNotFound { arn: name.id.arn(&self.source.region, name.account) });
        }
        self.key(name).await
    }

    /// The key of any account that a key id or key ARN names, for a caller of `account`.
    ///
    /// # Errors
    /// As [`KeyIdentifier::parse_key`], and [`Error::KeyNotFound`].
    pub async fn resolve_any_key(&self, text: &str, account: AccountId) -> Result<Arc<KeyEntry>, Error> {
        self.key(KeyIdentifier::parse_key(text, &self.source.region, account)?).await
    }

    /// A key by its name.
    ///
    /// # Errors
    /// [`Error::KeyNotFound`], or whatever kept it from being loaded.
    pub async fn key(&self, name: KeyName) -> Result<Arc<KeyEntry>, Error> {
        if self.hearing.is_recent()
            && let Some(entry) = self.caches.keys.get(&name)
        {
            if !entry.has_expired(&*self.source.clock) {
                return Ok(entry);
            }
            // It is loaded without what has expired.
            self.caches.keys.invalidate(&name);
        }
        let source = Arc::clone(&self.source);
        let load = move || async move { source.load_key(name).await };
        Ok(self.caches.keys.load(name, load).await?)
    }

    /// The key that an alias of an account stands for.
    ///
    /// # Errors
    /// [`Error::AliasNotFound`], or whatever kept it from being loaded.
    pub async fn alias(&self, account: AccountId, name: &str) -> Result<Arc<KeyId>, Error> {
        if self.hearing.is_recent()
            && let Some(id) = self.caches.aliases.get(&AccountNameRef { account, name })
        {
            return Ok(id);
        }
        let source = Arc::clone(&self.source);
        let key = AccountName { account, name: name.into() };
        let loaded = key.clone();
        let load = move || async move { source.load_alias(&loaded).await };
        Ok(self.caches.aliases.load(key, load).await?)
    }

    /// The grants on a key that name this grantee.
    ///
    /// # Errors
    /// Whatever kept them from being loaded.
    pub async fn grants_of(&self, entry: &KeyEntry, grantee: &str) -> Result<Option<Arc<OfGrantee>>, Error> {
        let asked = match &entry.grants {
            KeyGrants::All(all) => return Ok(all.get(grantee).cloned()),
            KeyGrants::Asked(asked) => asked,
        };
        if let Some(grants) = asked.get(grantee) {
            return Ok(Some(grants));
        }
        let (source, name, grantee) = (Arc::clone(&self.source), entry.name(), Arc::<str>::from(grantee));
        let wanted = Arc::clone(&grantee);
        let load = move || async move { source.load_grants(name, &wanted).await };
        Ok(Some(asked.load(grantee, load).await?))
    }

    /// A custom key store by its name.
    ///
    /// # Errors
    /// [`CustomStoreError::NotFound`](crate::custom_stores::CustomStoreError::NotFound), or whatever kept it from being
    /// loaded.
    pub async fn custom_store(&self, name: &StoreName) -> Result<Arc<StoreEntry>, Error> {
        if self.hearing.is_recent()
            && let Some(entry) = self.caches.stores.get(name)
        {
            return Ok(entry);
        }
        let (source, wanted) = (Arc::clone(&self.source), name.clone());
        let load = move || async move { source.load_store(wanted).await };
        Ok(self.caches.stores.load(name.clone(), load).await?)
    }

    /// A domain key, from memory or unwrapped now.
    ///
    /// # Errors
    /// Whatever kept it from being loaded.
    pub async fn domain_key(&self, id: Uuid) -> Result<Arc<Key256>, Error> {
        self.source.domain_key(&self.source.store.connection().await?, id).await
    }
}

impl Source {
    async fn load_key(&self, name: KeyName) -> Result<KeyEntry, Error> {
        let connection = self.store.connection().await?;
        let stored = store::keys::find(&connection, &self.region, name).await?;
        let stored =
            stored.ok_or_else(|| Error::KeyNotFound { arn: name.id.arn(&self.region, name.account) })?;
        let at = KeyRow::new(&self.region, name);
        let mut materials = store::materials::of_key(&connection, &at).await?;
        let page = i64::try_from(grants::FEW).unwrap_or(i64::MAX).saturating_add(1);
        let grants = store::grants::list(&connection, &at, GrantFilter::default(), None, page).await?;
        for wrapped in materials.iter().filter_map(|material| material.wrapped.as_ref()) {
            self.domain_key(&connection, wrapped.domain_key).await?;
        }
        drop(connection);
        let StoredKey { mut key, policy, tags, aliases } = stored;
        expire(&mut key, &mut materials, self.clock.now());
        // Most keys have the default policy: one compiled form serves them all.
        let policy = self.policies.compile(policy::POLICY_NAME, &policy)?;
        let materials = materials.into_iter().map(|material| self.unwrap(&key, material));
        let materials = materials.collect::<Result<_, _>>()?;
        Ok(KeyEntry::new(key, policy, tags, aliases, KeyGrants::new(grants), materials))
    }

    /// A domain key, which another replica may have begun.
    async fn domain_key(&self, connection: &Connection, id: Uuid) -> Result<Arc<Key256>, Error> {
        if let Some(key) = self.domain_keys.get(id) {
            return Ok(key);
        }
        let stored = store::domain_keys::find(connection, id).await?;
        self.domain_keys.unwrap(&stored.ok_or(Error::Corrupt("a domain key is missing"))?)
    }

    async fn load_store(&self, name: StoreName) -> Result<StoreEntry, Error> {
        let connection = self.store.connection().await?;
        let stored = store::custom_stores::find(&connection, &self.region, &name).await?;
        let stored = stored.ok_or_else(|| CustomStoreError::NotFound(name.id.to_string()))?;
        let domain_key = self.domain_key(&connection, stored.credential.domain_key).await?;
        drop(connection);
        let credential =
            store_credential::unwrap(&stored.credential.wrapped, &name, &self.region, &domain_key)?;
        self.backends.open(stored.store, credential)
    }

    fn unwrap(&self, key: &Key, stored: StoredMaterial) -> Result<LoadedMaterial, Error> {
        let StoredMaterial { facts, wrapped } = stored;
        let Some(WrappedMaterial { domain_key, bytes }) = wrapped else {
            return Ok(LoadedMaterial { facts, ready: None });
        };
        let owner = MaterialOwner { account: key.account, region: &self.region, key_id: key.id };
        let domain_key = self.domain_keys.get(domain_key).ok_or(Error::Corrupt("a domain key is missing"))?;
        let material = KeyMaterial::unwrap(owner, facts.id, &bytes, &domain_key)?;
        let ready = ReadyMaterial::of(key.spec, &material)?;
        Ok(LoadedMaterial { facts, ready: Some(ready) })
    }

    async fn load_grants(&self, name: KeyName, grantee: &str) -> Result<OfGrantee, Error> {
        let connection = self.store.connection().await?;
        let at = KeyRow::new(&self.region, name);
        let grants = store::grants::of_grantee(&connection, &at, grantee).await?;
        Ok(grants.into_iter().map(Arc::new).collect())
    }

    async fn load_alias(&self, alias: &AccountName) -> Result<KeyId, Error> {
        let connection = self.store.connection().await?;
        let of = AccountRows::new(&self.region, alias.account);
        let found = store::aliases::find(&connection, &of, &alias.name).await?;
        found.ok_or_else(|| Error::AliasNotFound {
            arn: Arn::regional("kms", &self.region, alias.account, &alias.name),
        })
    }
}

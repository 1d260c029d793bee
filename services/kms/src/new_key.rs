//! How keys come to be: customers' keys by CreateKey, AWS managed keys at the first use by their service.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Call, Target};
use keywright_crypto::{Random, RandomExt as _};
use keywright_policy::ResourcePolicyRule;
use keywright_store::Transaction;

use crate::domain::alias::AliasName;
use crate::domain::backing_key::{BackingKey, MaterialOwner};
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::key::{Key, KeyManagerType, KeySpec, KeyState, KeyUsageType, OriginType};
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::domain::managed::ManagedService;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::keys::StoredMaterial;

/// The key that a request wants to use.
pub enum KeyToUse {
    /// A key that exists.
    Existing(Arc<KeyEntry>),
    /// An AWS managed key that this request will make, if it is allowed.
    FirstUse(PlannedKey),
}

/// An AWS managed key to be made; its ARN is already known, so that the policies can decide on it.
pub struct PlannedKey {
    id: KeyId,
    arn: Arc<str>,
    account: AccountId,
    service: &'static ManagedService,
}

impl KeyToUse {
    /// The key as a decision sees it.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::Existing(entry) => entry.target(),
            Self::FirstUse(planned) => Target {
                arn: Arc::clone(&planned.arn),
                account: Some(planned.account),
                policy: None,
                rule: ResourcePolicyRule::Additional,
            },
        }
    }

    /// The key's ARN.
    #[must_use]
    pub fn arn(&self) -> &Arc<str> {
        match self {
            Self::Existing(entry) => &entry.key.arn,
            Self::FirstUse(planned) => &planned.arn,
        }
    }

    /// The key's account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Existing(entry) => &entry.key.account,
            Self::FirstUse(planned) => &planned.account,
        }
    }
}

impl Kms {
    /// The key that any identifier names, or the one that its service may make now.
    ///
    /// # Errors
    /// As [`KeyDirectory::resolve`](crate::directory::KeyDirectory::resolve).
    pub async fn key_to_use(&self, call: &Call, identifier: &str) -> Result<KeyToUse, Error> {
        match self.directory.resolve(identifier, call.account()).await {
            Ok(entry) => Ok(KeyToUse::Existing(entry)),
            Err(error) => self.plan_managed(call, identifier, &error)?.map(KeyToUse::FirstUse).ok_or(error),
        }
    }

    /// The key itself; made now, where this is its first use and not a dry run.
    ///
    /// # Errors
    /// [`Error::DryRun`] instead of making it, or whatever keeps it from being made.
    pub async fn obtain(&self, key: &KeyToUse, dry_run: Option<bool>) -> Result<Arc<KeyEntry>, Error> {
        match key {
            KeyToUse::Existing(entry) => Ok(Arc::clone(entry)),
            KeyToUse::FirstUse(_) if dry_run == Some(true) => Err(Error::DryRun),
            KeyToUse::FirstUse(planned) => self.make_managed(planned).await,
        }
    }

    /// Adds a key with fresh material; gives the material's id.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness, or [`Error::Store`].
    pub async fn insert_key(
        &self,
        transaction: &Transaction,
        key: &Key,
        policy: &str,
    ) -> Result<KeyMaterialId, Error> {
        let material = BackingKey::generate(key.id, &*self.random)?;
        let (domain_key, wrapping) = self.domain_keys.active()?;
        let owner = MaterialOwner { account: key.account, region: &self.region, key_id: key.id };
        let wrapped = material.wrap(owner, &wrapping, &*self.random)?;
        let stored = StoredMaterial { id: material.id(), domain_key, wrapped };
        store::keys::insert(transaction, &self.region, key, policy, &stored).await?;
        Ok(material.id())
    }

    /// A new symmetric key, which isn't stored yet.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn symmetric_key(
        &self,
        account: AccountId,
        manager: KeyManagerType,
        description: &str,
    ) -> Result<Key, Error> {
        let id = new_key_id(&*self.random)?;
        Ok(Key { manager, description: description.into(), ..self.key_of_id(id, account) })
    }

    fn key_of_id(&self, id: KeyId, account: AccountId) -> Key {
        Key {
            id,
            account,
            arn: id.arn(&self.region, account).into(),
            state: KeyState::Enabled,
            manager: KeyManagerType::Customer,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsageType::EncryptDecrypt,
            origin: OriginType::AwsKms,
            description: Box::default(),
            created_at: self.now(),
            deletion_date: None,
        }
    }

    /// Only the service itself, acting for a principal of the account, makes the account's key for it.
    fn plan_managed(
        &self,
        call: &Call,
        identifier: &str,
        error: &Error,
    ) -> Result<Option<PlannedKey>, Error> {
        if !error.is_alias_not_found() {
            return Ok(None);
        }
        let service = ManagedService::of_alias(alias_in(identifier, &self.region_prefix(call.account())));
        let Some(service) = service.filter(|service| call.invoked_by() == Some(service.principal)) else {
            return Ok(None);
        };
        let (id, account) = (new_key_id(&*self.random)?, call.account());
        Ok(Some(PlannedKey { id, arn: id.arn(&self.region, account).into(), account, service }))
    }

    fn region_prefix(&self, account: AccountId) -> String {
        keywright_aws_api::Arn::regional("kms", &self.region, account, "")
    }

    async fn make_managed(&self, planned: &PlannedKey) -> Result<Arc<KeyEntry>, Error> {
        let PlannedKey { id, account, service, .. } = *planned;
        let alias = AliasName::of_managed(service.name);
        let key = Key {
            manager: KeyManagerType::Aws,
            description: service.description.into(),
            ..self.key_of_id(id, account)
        };
        let name = KeyName { account, id };
        let transaction = self.store.begin().await?;
        self.insert_key(&transaction, &key, &service.policy(&self.region, account)).await?;
        let at = KeyRow::new(&self.region, name);
        if store::aliases::insert(&transaction, &at, alias.as_str(), key.created_at).await? {
            let event = KeyEvent::CreateKey { service: service.principal };
            self.commit_event(transaction, event, &key, key.created_at).await?;
            tracing::info!(key = %key.arn, alias = %alias, "made an aws managed key");
        } else {
            // Another request was first: its key is the account's.
            transaction.rollback().await?;
        }
        let id = *self.directory.alias(account, alias.as_str()).await?;
        self.directory.key(KeyName { account, id }).await
    }
}

/// The alias name in an identifier of the caller's own account.
fn alias_in<'a>(identifier: &'a str, own_prefix: &str) -> &'a str {
    identifier.strip_prefix(own_prefix).unwrap_or(identifier)
}

fn new_key_id(random: &dyn Random) -> Result<KeyId, Error> {
    let bytes = random.bytes()?;
    Ok(KeyId::single_region(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

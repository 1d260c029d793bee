//! How keys come to be: customers' keys by CreateKey, AWS managed keys at the first use by their service.

use std::sync::Arc;

use keywright_aws_api::{Access, AccountId, Call};
use keywright_crypto::{Key256, KeyPairSpec, PrivateKey, Random, RandomExt as _};
use keywright_store::Transaction;

use crate::domain::alias::AliasName;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::grant::ContextPairs;
use crate::domain::key::{
    AutomaticRotation, CustomStoreKey, Key, KeyManagerType, MultiRegion, OnDemandRotations, OriginType,
};
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::domain::managed::ManagedService;
use crate::domain::material::{KeyMaterial, MaterialFacts, MaterialOwner};
use crate::domain::policy;
use crate::domain::rotation::DEFAULT_PERIOD_DAYS;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::granted::GrantedKey;
use crate::quotas::UsedKey;
use crate::rsa_pool::RsaSize;
use crate::service::Kms;
use crate::store;
use crate::store::materials::{StoredMaterial, WrappedMaterial};
use crate::store::{AccountRows, KeyRow};

/// The key that a request wants to use.
pub enum KeyToUse {
    /// A key that exists, with the caller's grants.
    Existing(GrantedKey),
    /// An AWS managed key that this request will make, if it is allowed.
    FirstUse(PlannedKey),
}

/// An AWS managed key to be made; what it will be is already known, so that the policy which it will have can decide on it.
pub struct PlannedKey {
    entry: Arc<KeyEntry>,
    service: &'static ManagedService,
}

/// What a new key is to be.
pub struct NewKey<'a> {
    /// Who manages it.
    pub manager: KeyManagerType,
    /// The kind of its material.
    pub spec: KeySpec,
    /// What it is for.
    pub usage: KeyUsageType,
    /// Where its material comes from.
    pub origin: OriginType,
    /// What its owner says about it.
    pub description: &'a str,
    /// Whether it is a multi-Region key; it is the primary key then.
    pub multi_region: bool,
    /// What names its material in a custom key store.
    pub custom_store: Option<CustomStoreKey>,
}

impl NewKey<'_> {
    /// A customer's symmetric encryption key of one Region.
    #[must_use]
    pub fn symmetric() -> Self {
        Self {
            manager: KeyManagerType::Customer,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsageType::EncryptDecrypt,
            origin: OriginType::AwsKms,
            description: "",
            multi_region: false,
            custom_store: None,
        }
    }
}

impl KeyToUse {
    /// An action on the key, which its policy or a grant may allow. `context` is the encryption context of the request.
    #[must_use]
    pub fn access(&self, action: &'static str, context: Option<&ContextPairs>) -> Access {
        match self {
            Self::Existing(key) => key.access(action, context),
            Self::FirstUse(planned) => Access::new(action, planned.entry.target()),
        }
    }

    /// The key as it is, or will be.
    #[must_use]
    pub fn entry(&self) -> &Arc<KeyEntry> {
        match self {
            Self::Existing(key) => &key.entry,
            Self::FirstUse(planned) => &planned.entry,
        }
    }

    /// The key's ARN.
    #[must_use]
    pub fn arn(&self) -> &Arc<str> {
        &self.entry().key.arn
    }

    /// The key's account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.entry().key.account
    }
}

impl UsedKey for KeyToUse {
    fn spec(&self) -> KeySpec {
        match self {
            Self::Existing(entry) => entry.spec(),
            Self::FirstUse(planned) => planned.entry.key.spec,
        }
    }

    fn custom_key_store(&self) -> Option<&str> {
        match self {
            Self::Existing(entry) => entry.custom_key_store(),
            Self::FirstUse(_) => None,
        }
    }
}

impl UsedKey for Arc<KeyEntry> {
    fn spec(&self) -> KeySpec {
        self.key.spec
    }

    fn custom_key_store(&self) -> Option<&str> {
        self.key.custom_store.as_ref().map(|store| &*store.store_id)
    }
}

impl Kms {
    /// The key that any identifier names, or the one that its service may make now. `tokens` are the grant tokens of the
    /// request.
    ///
    /// # Errors
    /// As [`KeyDirectory::resolve`](crate::directory::KeyDirectory::resolve) and [`Kms::granted`].
    pub async fn key_to_use(
        &self,
        call: &Call,
        identifier: &str,
        tokens: Option<&[String]>,
    ) -> Result<KeyToUse, Error> {
        match self.directory.resolve(identifier, call.account()).await {
            Ok(entry) => Ok(KeyToUse::Existing(self.granted(call, entry, tokens).await?)),
            Err(error) => self.plan_managed(call, identifier, &error)?.map(KeyToUse::FirstUse).ok_or(error),
        }
    }

    /// The key itself; made now, where this is its first use and not a dry run.
    ///
    /// # Errors
    /// [`Error::DryRun`] instead of making it, or whatever keeps it from being made.
    pub async fn obtain(&self, key: &KeyToUse, dry_run: Option<bool>) -> Result<Arc<KeyEntry>, Error> {
        match key {
            KeyToUse::Existing(key) => Ok(Arc::clone(&key.entry)),
            KeyToUse::FirstUse(_) if dry_run == Some(true) => Err(Error::DryRun),
            KeyToUse::FirstUse(planned) => self.make_managed(planned).await,
        }
    }

    /// Adds a key, with its [first material](Self::first_material).
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness, or [`Error::Store`].
    pub async fn insert_key(
        &self,
        transaction: &Transaction,
        key: &Key,
        policy: &str,
        material: Option<&KeyMaterial>,
    ) -> Result<Option<KeyMaterialId>, Error> {
        if key.manager == KeyManagerType::Customer {
            self.check_room_for_key(transaction, key.account).await?;
        }
        store::keys::insert(transaction, &self.region, key, policy).await?;
        let Some(material) = material else { return Ok(None) };
        let facts = MaterialFacts::first(material.id(), key.created_at);
        let stored = StoredMaterial { facts, wrapped: Some(self.wrap_material(key, material)?) };
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        store::materials::insert(transaction, &at, &stored).await?;
        Ok(Some(material.id()))
    }

    /// Refuses another customer managed key where the account has as many as it may have. Keys that are made at the same
    /// time don't see each other, so there may be a few more in the end.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] or [`Error::Store`].
    pub async fn check_room_for_key(
        &self,
        transaction: &Transaction,
        account: AccountId,
    ) -> Result<(), Error> {
        let of = AccountRows::new(&self.region, account);
        if store::key_counts::of_account(transaction, &of).await? >= self.limits.keys_per_account {
            return Err(Error::LimitExceeded("The account has too many KMS keys in this Region"));
        }
        Ok(())
    }

    /// The material that a new key begins with; none where it doesn't come from here.
    ///
    /// # Errors
    /// As [`new_material`](Self::new_material).
    pub async fn first_material(&self, key: &Key) -> Result<Option<KeyMaterial>, Error> {
        match key.origin {
            // What is in an external key store is encrypted under both.
            OriginType::AwsKms | OriginType::ExternalKeyStore => self.new_material(key).await.map(Some),
            OriginType::External | OriginType::AwsCloudHsm => Ok(None),
        }
    }

    /// Fresh material for a key of this spec. It may take its time: call it before a transaction is begun.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness, or [`Error::RsaKeysBusy`].
    pub async fn new_material(&self, key: &Key) -> Result<KeyMaterial, Error> {
        let secret = match key.spec.key_pair() {
            Some(pair) => self.new_pair(pair).await?.to_pkcs8(),
            None => self.random.secret(key.spec.hmac_length().unwrap_or(Key256::LEN))?,
        };
        Ok(KeyMaterial::new(key.id, secret))
    }

    /// A new key pair. RSA keys come from the pool, as none is made on a request's thread.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness, or [`Error::RsaKeysBusy`].
    pub async fn new_pair(&self, spec: KeyPairSpec) -> Result<PrivateKey, Error> {
        match RsaSize::of(spec) {
            Some(size) => self.rsa_pool.take(size).await,
            None => Ok(PrivateKey::generate(spec, &*self.random)?),
        }
    }

    /// A key's material as it is stored: wrapped by the active domain key.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn wrap_material(&self, key: &Key, material: &KeyMaterial) -> Result<WrappedMaterial, Error> {
        let (domain_key, wrapping) = self.domain_keys.active()?;
        let owner = MaterialOwner { account: key.account, region: &self.region, key_id: key.id };
        let bytes = material.wrap(owner, &wrapping, &*self.random)?;
        Ok(WrappedMaterial { domain_key, bytes })
    }

    /// A new key, which isn't stored yet.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn new_key(&self, account: AccountId, wanted: NewKey<'_>) -> Result<Key, Error> {
        let id = new_key_id(&*self.random, wanted.multi_region)?;
        Ok(self.key_of_id(id, account, wanted))
    }

    fn key_of_id(&self, id: KeyId, account: AccountId, wanted: NewKey<'_>) -> Key {
        let NewKey { manager, spec, usage, origin, description, multi_region, custom_store } = wanted;
        let state = if origin == OriginType::External { KeyState::PendingImport } else { KeyState::Enabled };
        let created_at = self.now();
        Key {
            id,
            account,
            arn: id.arn(&self.region, account).into(),
            state,
            manager,
            spec,
            usage,
            origin,
            description: description.into(),
            created_at,
            deletion_date: None,
            pending_window_days: None,
            // Customers' keys have none until they ask for it.
            rotation: (manager == KeyManagerType::Aws && spec == KeySpec::SymmetricDefault)
                .then(|| AutomaticRotation::starting(created_at, DEFAULT_PERIOD_DAYS)),
            on_demand: OnDemandRotations::default(),
            multi_region: multi_region
                .then(|| MultiRegion { primary: self.region.clone(), replicas: Vec::new() }),
            custom_store,
        }
    }

    /// Only the service itself makes its key: acting for a principal of the account, or for itself.
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
        let makes_key =
            |service: &&ManagedService| service.makes_key(call.caller.service_name(), call.invoked_by());
        let Some(service) = service.filter(makes_key) else {
            return Ok(None);
        };
        let wanted = NewKey {
            manager: KeyManagerType::Aws,
            spec: service.spec,
            usage: service.usage,
            description: service.description,
            ..NewKey::symmetric()
        };
        let key = self.new_key(call.account(), wanted)?;
        let policy = policy::compile(&service.policy(&self.region, key.account), &key.arn)?;
        let aliases = vec![AliasName::of_managed(service.name).as_str().into()];
        let entry = KeyEntry::without_material(key, policy, Vec::new(), aliases);
        Ok(Some(PlannedKey { entry: Arc::new(entry), service }))
    }

    fn region_prefix(&self, account: AccountId) -> String {
        keywright_aws_api::Arn::regional("kms", &self.region, account, "")
    }

    async fn make_managed(&self, planned: &PlannedKey) -> Result<Arc<KeyEntry>, Error> {
        let PlannedKey { entry, service } = planned;
        let (key, account) = (&entry.key, entry.key.account);
        let alias = AliasName::of_managed(service.name);
        let material = self.first_material(key).await?;
        let transaction = self.store.begin().await?;
        let policy = service.policy(&self.region, account);
        self.insert_key(&transaction, key, &policy, material.as_ref()).await?;
        let at = KeyRow::new(&self.region, entry.name());
        if store::aliases::insert(&transaction, &at, alias.as_str(), key.created_at).await? {
            let event = KeyEvent::CreateKey { service: service.principal };
            self.commit_event(transaction, event, key, key.created_at).await?;
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

fn new_key_id(random: &dyn Random, multi_region: bool) -> Result<KeyId, Error> {
    let bytes = random.bytes()?;
    Ok(KeyId::from_parts(uuid::Builder::from_random_bytes(bytes).into_uuid(), multi_region))
}

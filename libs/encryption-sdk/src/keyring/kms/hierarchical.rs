//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/aws-kms/aws-kms-hierarchical-keyring.md>

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keywright_crypto::{
    AesGcm, CryptoError, HashAlgorithm, NONCE_LEN, RandomExt as _, SecretBytes, SystemRandom, TAG_LEN,
    hex_lower, kbkdf_ctr_hmac,
};
use uuid::Uuid;

use crate::branch_keys::{BranchKeyMaterials, BranchKeyStore};
use crate::cmm::cache::EntryName;
use crate::error::Error;
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::message::wire::Cursor;
use crate::{
    BoxFuture, Clock, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials,
    MaterialsCache, SystemClock,
};

/// Wraps data keys under keys that are derived from a branch key, which is kept in memory for a while: KMS is called once
/// for each branch key in that time, however many messages there are.
pub struct HierarchicalKeyring {
    store: Arc<BranchKeyStore>,
    branch_key: BranchKey,
    cache: Arc<MaterialsCache>,
    partition: String,
    time_to_live: Duration,
    clock: Arc<dyn Clock>,
}

enum BranchKey {
    Fixed(String),
    Supplied(Box<dyn BranchKeySupplier>),
}

/// Tells the branch key of a message, by its encryption context.
///
/// When a message is decrypted, the context is what the message says, and not verified yet.
pub trait BranchKeySupplier: Send + Sync {
    /// The id of the branch key.
    ///
    /// # Errors
    /// Whatever keeps it from that; [`Error::EncryptionContext`] is for a context that tells none.
    fn branch_key_id(&self, context: &EncryptionContext) -> Result<String, Error>;
}

impl<F> BranchKeySupplier for F
where
    F: Fn(&EncryptionContext) -> Result<String, Error> + Send + Sync,
{
    fn branch_key_id(&self, context: &EncryptionContext) -> Result<String, Error> {
        self(context)
    }
}

impl HierarchicalKeyring {
    /// Wraps under one branch key of `store`, and unwraps what was wrapped under it. Branch keys are used for
    /// `time_to_live` before they are read again: so long may a former version go on to encrypt.
    ///
    /// # Errors
    /// [`Error::Configuration`] when `time_to_live` is zero, or without an id; [`Error::Crypto`] without randomness.
    pub fn new(
        store: Arc<BranchKeyStore>,
        branch_key_id: impl Into<String>,
        time_to_live: Duration,
    ) -> Result<Self, Error> {
        let branch_key_id = branch_key_id.into();
        if branch_key_id.is_empty() {
            return Err(Error::Configuration("the branch key has no id"));
        }
        Self::over(store, BranchKey::Fixed(branch_key_id), time_to_live)
    }

    /// The same with a branch key for each message, as `supplier` tells.
    ///
    /// # Errors
    /// [`Error::Configuration`] when `time_to_live` is zero; [`Error::Crypto`] without randomness.
    pub fn with_supplier(
        store: Arc<BranchKeyStore>,
        supplier: impl BranchKeySupplier + 'static,
        time_to_live: Duration,
    ) -> Result<Self, Error> {
        Self::over(store, BranchKey::Supplied(Box::new(supplier)), time_to_live)
    }

    fn over(
        store: Arc<BranchKeyStore>,
        branch_key: BranchKey,
        time_to_live: Duration,
    ) -> Result<Self, Error> {
        if time_to_live.is_zero() {
            return Err(Error::Configuration("the time to live of branch keys is zero"));
        }
        Ok(Self {
            store,
            branch_key,
            cache: MaterialsCache::new(DEFAULT_CAPACITY)?,
            partition: hex_lower(&SystemRandom.bytes::<16>()?),
            time_to_live,
            clock: Arc::new(SystemClock),
        })
    }

    /// Keeps branch keys in this cache, in a part of it that is its own; without it in one for 1000.
    #[must_use]
    pub fn cache(mut self, cache: Arc<MaterialsCache>) -> Self {
        self.cache = cache;
        self
    }

    /// Shares what is kept with other keyrings of the same cache and partition. They must have the same store.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = partition.into();
        self
    }

    /// Tells the age of branch keys by this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn branch_key_id(&self, context: &EncryptionContext) -> Result<String, Error> {
        match &self.branch_key {
            BranchKey::Fixed(id) => Ok(id.clone()),
            BranchKey::Supplied(supplier) => supplier.branch_key_id(context),
        }
    }

    /// The branch key: the active one, or a version. Of many who miss it at once one reads it.
    async fn branch_key(&self, id: &str, version: Option<Uuid>) -> Result<Arc<BranchKeyMaterials>, Error> {
        let mut name = EntryName::new(&self.partition, b"branch key");
        name.add(self.store.logical_name().as_bytes());
        name.add(id.as_bytes());
        name.add(version.as_ref().map_or(b"".as_slice(), |version| version.as_bytes()));
        let name = name.finish()?;
        let kept = || self.cache.branch_key(&name, self.clock.now());
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let flight = self.cache.flight(name);
        let _turn = flight.turn().await;
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let asked = self.clock.now();
        let materials = Arc::new(match version {
            None => self.store.active_branch_key(id).await?,
            Some(version) => self.store.branch_key_version(id, version).await?,
        });
        if let Some(expires) = asked.checked_add(self.time_to_live) {
            self.cache.keep_branch_key(name, materials.clone(), expires);
        }
        Ok(materials)
    }

    async fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let id = self.branch_key_id(materials.context())?;
        let branch_key = self.branch_key(&id, None).await?;
        let (salt, iv) = (SystemRandom.bytes::<SALT_LEN>()?, SystemRandom.bytes::<NONCE_LEN>()?);
        let aad = aad(&branch_key, materials.context())?;
        let mut wrapped = materials.data_key_or_new(&SystemRandom)?.expose_secret().to_vec();
        let tag = derive(&branch_key, &salt)?.seal_in_place(iv, &aad, &mut wrapped)?;
        let version = branch_key.version();
        let ciphertext = [salt.as_slice(), &iv, version.as_bytes(), &wrapped, &tag].concat();
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: PROVIDER_ID.into(),
            provider_info: id.into_bytes(),
            ciphertext,
        });
        Ok(())
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_data_key(materials)?;
        let id = self.branch_key_id(materials.context())?;
        let mut attempts = Attempts::default();
        for encrypted in data_keys {
            if encrypted.provider_id == PROVIDER_ID && encrypted.provider_info == id.as_bytes() {
                let decrypted = self.unwrap(&id, materials, &encrypted.ciphertext).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }

    async fn unwrap(
        &self,
        id: &str,
        materials: &DecryptionMaterials,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, Error> {
        let not_authentic = |_| CryptoError::NotAuthentic;
        let mut cursor = Cursor::new(ciphertext);
        let salt: [u8; SALT_LEN] = cursor.array().map_err(not_authentic)?;
        let iv: [u8; NONCE_LEN] = cursor.array().map_err(not_authentic)?;
        let version = Uuid::from_bytes(cursor.array().map_err(not_authentic)?);
        let mut data_key = cursor.bytes(materials.suite().data_key_len()).map_err(not_authentic)?.to_vec();
        let tag: [u8; TAG_LEN] = cursor.array().map_err(not_authentic)?;
        if !cursor.is_at_end() {
            return Err(CryptoError::NotAuthentic.into());
        }
        let branch_key = self.branch_key(id, Some(version)).await?;
        let aad = aad(&branch_key, materials.context())?;
        derive(&branch_key, &salt)?.open_in_place(iv, &aad, &mut data_key, &tag)?;
        Ok(SecretBytes::new(data_key))
    }
}

/// The key that wraps one data key.
fn derive(branch_key: &BranchKeyMaterials, salt: &[u8; SALT_LEN]) -> Result<AesGcm, Error> {
    let secret = branch_key.key().expose_secret();
    let key = kbkdf_ctr_hmac(HashAlgorithm::Sha256, secret, PROVIDER_ID.as_bytes(), salt, DERIVED_LEN)?;
    Ok(AesGcm::new(key.expose_secret())?)
}

fn aad(branch_key: &BranchKeyMaterials, context: &EncryptionContext) -> Result<Vec<u8>, Error> {
    let (id, version) = (branch_key.branch_key_id().as_bytes(), branch_key.version());
    Ok([PROVIDER_ID.as_bytes(), id, version.as_bytes(), &context.serialize()?].concat())
}

impl Keyring for HierarchicalKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.encrypt(materials))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.decrypt(materials, data_keys))
    }
}

impl fmt::Debug for HierarchicalKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch_key = match &self.branch_key {
            BranchKey::Fixed(id) => id,
            BranchKey::Supplied(_) => "as supplied",
        };
        write!(f, "HierarchicalKeyring({:?}, {branch_key})", self.store)
    }
}

const PROVIDER_ID: &str = "aws-kms-hierarchy";
const SALT_LEN: usize = 16;
const DERIVED_LEN: usize = 32;
const DEFAULT_CAPACITY: usize = 1000;

//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/caching-cmm.md>

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_crypto::{HashAlgorithm, RandomExt as _, SystemRandom};

use super::cache::{EntryId, EntryName, MaterialsCache, Usage};
use super::{DecryptionRequest, EncryptionRequest, MaterialsManager};
use crate::error::Error;
use crate::{AlgorithmSuite, BoxFuture, CommitmentPolicy, DecryptionMaterials, EncryptionMaterials};

/// Encrypts several messages under one data key, and unwraps a data key once for several messages, within limits.
///
/// Messages of one encryption context share data keys, those of different ones don't. A stream whose length nobody
/// promised gets a data key of its own.
///
/// ```
/// # fn main() -> Result<(), keywright_encryption_sdk::Error> {
/// use std::time::Duration;
/// use keywright_encryption_sdk::{
///     CachingMaterialsManager, Client, DefaultMaterialsManager, MaterialsCache, RawAesKeyring, SecretBytes,
/// };
///
/// let keyring = RawAesKeyring::new("my application", "key of 2026", &SecretBytes::new(vec![7; 32]))?;
/// let cache = MaterialsCache::new(100)?;
/// let manager =
///     CachingMaterialsManager::new(DefaultMaterialsManager::new(keyring), cache, Duration::from_secs(60))?
///         .max_messages(1000)?
///         .max_bytes(1 << 30);
/// let client = Client::builder().materials_manager(manager).build()?;
/// # Ok(())
/// # }
/// ```
pub struct CachingMaterialsManager {
    inner: Box<dyn MaterialsManager>,
    cache: Arc<MaterialsCache>,
    partition: String,
    max_age: Duration,
    limits: Usage,
    clock: Arc<dyn Clock>,
}

/// Tells how old materials are.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
}

/// The system's clock that only goes forward.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl CachingMaterialsManager {
    /// Keeps what `inner` gives for `max_age`, in a part of `cache` that is its own.
    ///
    /// # Errors
    /// [`Error::Configuration`] when `max_age` is zero, [`Error::Crypto`] without randomness.
    pub fn new(
        inner: impl MaterialsManager + 'static,
        cache: Arc<MaterialsCache>,
        max_age: Duration,
    ) -> Result<Self, Error> {
        if max_age.is_zero() {
            return Err(Error::Configuration("the maximum age of materials is zero"));
        }
        Ok(Self {
            inner: Box::new(inner),
            cache,
            partition: keywright_crypto::hex_lower(&SystemRandom.bytes::<16>()?),
            max_age,
            limits: Usage { messages: MAX_MESSAGES, bytes: i64::MAX as u64 },
            clock: Arc::new(SystemClock),
        })
    }

    /// Encrypts at most so many messages under one data key: 2^32, unless something else is said here.
    ///
    /// # Errors
    /// [`Error::Configuration`] for none and for more than 2^32.
    pub fn max_messages(mut self, maximum: u64) -> Result<Self, Error> {
        if !(1..=MAX_MESSAGES).contains(&maximum) {
            return Err(Error::Configuration("the maximum of messages is none or more than 2^32"));
        }
        self.limits.messages = maximum;
        Ok(self)
    }

    /// Encrypts at most so many bytes of plaintext under one data key. A longer message gets one of its own.
    #[must_use]
    pub fn max_bytes(mut self, maximum: u64) -> Self {
        self.limits.bytes = maximum;
        self
    }

    /// Shares what is kept with other managers of the same cache and partition. They must have like keyrings.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = partition.into();
        self
    }

    /// Tells the age of materials by this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    async fn encrypt(&self, request: EncryptionRequest) -> Result<EncryptionMaterials, Error> {
        let suite = request.suite.unwrap_or_else(|| request.commitment_policy.default_suite());
        let bytes = match request.max_plaintext_length {
            Some(bytes) if suite.derives_keys() && bytes <= self.limits.bytes => bytes,
            _ => return self.inner.encryption_materials(request).await,
        };
        let id = self.encryption_id(&request, suite)?;
        let kept = || self.cache.encryption(&id, self.clock.now(), bytes, self.limits);
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let flight = self.cache.flight(id);
        let _turn = flight.turn().await;
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let asked = self.clock.now();
        let materials = self.inner.encryption_materials(request).await?;
        if let Some(expires) = self.expiry(asked).filter(|_| materials.suite().derives_keys()) {
            self.cache.keep_encryption(id, materials.clone(), expires, bytes);
        }
        Ok(materials)
    }

    async fn decrypt(&self, request: DecryptionRequest) -> Result<DecryptionMaterials, Error> {
        if !request.suite.derives_keys() {
            return self.inner.decryption_materials(request).await;
        }
        let id = self.decryption_id(&request)?;
        let kept = || self.cache.decryption(&id, self.clock.now());
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let flight = self.cache.flight(id);
        let _turn = flight.turn().await;
        if let Some(materials) = kept() {
            return Ok(materials);
        }
        let asked = self.clock.now();
        let materials = self.inner.decryption_materials(request).await?;
        if let Some(expires) = self.expiry(asked) {
            self.cache.keep_decryption(id, materials.clone(), expires);
        }
        Ok(materials)
    }

    fn expiry(&self, asked: Instant) -> Option<Instant> {
        asked.checked_add(self.max_age)
    }

    fn encryption_id(&self, request: &EncryptionRequest, suite: AlgorithmSuite) -> Result<EntryId, Error> {
        let mut required = request.required_context_keys.clone();
        required.sort();
        let mut name = name(&self.partition, b"encrypt", suite, request.commitment_policy);
        // A manager below may choose another suite when none is asked for.
        name.add(&[u8::from(request.suite.is_some())]);
        name.add(&request.context.serialize()?);
        for key in &required {
            name.add(key.as_bytes());
        }
        name.finish()
    }

    fn decryption_id(&self, request: &DecryptionRequest) -> Result<EntryId, Error> {
        let mut name = name(&self.partition, b"decrypt", request.suite, request.commitment_policy);
        name.add(&request.stored_context.serialize()?);
        name.add(&request.reproduced_context.serialize()?);
        let mut data_keys = Vec::with_capacity(request.encrypted_data_keys.len());
        for data_key in &request.encrypted_data_keys {
            let mut bytes = Vec::new();
            data_key.write(&mut bytes)?;
            data_keys.push(HashAlgorithm::Sha512.digest(&bytes));
        }
        data_keys.sort();
        for digest in &data_keys {
            name.add(digest);
        }
        name.finish()
    }
}

/// The specification's formulas leave out what it gained later: required and reproduced pairs, and the policy.
fn name(partition: &str, use_: &[u8], suite: AlgorithmSuite, policy: CommitmentPolicy) -> EntryName {
    let mut name = EntryName::new(partition, use_);
    name.add(&suite.id().to_be_bytes());
    name.add(&[match policy {
        CommitmentPolicy::ForbidEncryptAllowDecrypt => 0,
        CommitmentPolicy::RequireEncryptAllowDecrypt => 1,
        CommitmentPolicy::RequireEncryptRequireDecrypt => 2,
    }]);
    name
}

impl MaterialsManager for CachingMaterialsManager {
    fn encryption_materials(
        &self,
        request: EncryptionRequest,
    ) -> BoxFuture<'_, Result<EncryptionMaterials, Error>> {
        Box::pin(self.encrypt(request))
    }

    fn decryption_materials(
        &self,
        request: DecryptionRequest,
    ) -> BoxFuture<'_, Result<DecryptionMaterials, Error>> {
        Box::pin(self.decrypt(request))
    }
}

impl fmt::Debug for CachingMaterialsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachingMaterialsManager")
            .field("cache", &self.cache)
            .field("max_age", &self.max_age)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

const MAX_MESSAGES: u64 = 1 << 32;

//! A key as it is kept in memory: its metadata, what decides on its use, and its materials, ready for use.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Clock, Target};
use keywright_crypto::{HmacKey, PrivateKey};
use keywright_policy::{Policy, ResourcePolicyRule};
use time::OffsetDateTime;

use super::algorithms::EncryptionAlgorithmSpec;
use super::backing_key::BackingKey;
use super::grants::KeyGrants;
use super::key::Key;
use super::key_id::{KeyId, KeyMaterialId};
use super::key_spec::KeySpec;
use super::material::{KeyMaterial, KeyMaterialState, MaterialFacts};
use super::tags::Tag;
use crate::error::Error;

/// A key, ready for use.
#[derive(Debug)]
pub struct KeyEntry {
    /// Its metadata.
    pub key: Key,
    /// Its policy.
    pub policy: Arc<Policy>,
    /// Its tags.
    pub tags: Box<[Tag]>,
    /// The names of its aliases.
    pub aliases: Box<[Box<str>]>,
    /// The grants on it.
    pub grants: KeyGrants,
    /// Its materials, the current one first.
    materials: Box<[LoadedMaterial]>,
    /// When the first of them expires.
    expires_at: Option<OffsetDateTime>,
}

/// What a key is found by within the Region.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyName {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub id: KeyId,
}

/// A material in memory.
#[derive(Debug)]
pub struct LoadedMaterial {
    /// What is known of it.
    pub facts: MaterialFacts,
    /// The material, ready for use; none for imported material that is gone.
    pub ready: Option<ReadyMaterial>,
}

/// A material in the form that works.
#[derive(Debug)]
pub enum ReadyMaterial {
    /// Of a symmetric encryption key.
    Symmetric(BackingKey),
    /// Of an asymmetric key.
    KeyPair(Box<PrivateKey>),
    /// Of an HMAC key.
    Mac(Box<HmacKey>),
}

impl ReadyMaterial {
    /// A material of a key of this spec, in the form that works.
    ///
    /// # Errors
    /// [`Error::Corrupt`] or [`Error::Crypto`] for material of another kind of key.
    pub fn of(spec: KeySpec, material: &KeyMaterial) -> Result<Self, Error> {
        let secret = material.secret();
        if let Some(pair) = spec.key_pair() {
            return Ok(Self::KeyPair(Box::new(PrivateKey::from_pkcs8(pair, secret)?)));
        }
        match spec.hmac() {
            Some(_) if spec.hmac_length() != Some(secret.len()) => {
                Err(Error::Corrupt("an hmac key of a wrong length"))
            }
            Some(hash) => Ok(Self::Mac(Box::new(HmacKey::new(hash, secret.expose_secret())))),
            None => Ok(Self::Symmetric(BackingKey::new(material)?)),
        }
    }
}

impl KeyEntry {
    /// A key with what hangs on it; the current material is the first of `materials`.
    #[must_use]
    pub fn new(
        key: Key,
        policy: Arc<Policy>,
        tags: Vec<Tag>,
        aliases: Vec<Box<str>>,
        grants: KeyGrants,
        materials: Vec<LoadedMaterial>,
    ) -> Self {
        let here = materials.iter().filter(|material| material.ready.is_some());
        let expires_at = here.filter_map(|material| material.facts.valid_to).min();
        Self {
            key,
            policy,
            tags: tags.into(),
            aliases: aliases.into(),
            grants,
            materials: materials.into(),
            expires_at,
        }
    }

    /// A key to be, for decisions about it: it has neither material nor grants.
    #[must_use]
    pub fn without_material(key: Key, policy: Arc<Policy>, tags: Vec<Tag>, aliases: Vec<Box<str>>) -> Self {
        Self::new(key, policy, tags, aliases, KeyGrants::new(Vec::new()), Vec::new())
    }

    /// Whether the time of one of its materials is over, so that it must not be used as it is here.
    #[must_use]
    pub fn has_expired(&self, clock: &dyn Clock) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= clock.now())
    }

    /// What it is found by.
    #[must_use]
    pub fn name(&self) -> KeyName {
        KeyName { account: self.key.account, id: self.key.id }
    }

    /// All materials, the current one first.
    #[must_use]
    pub fn materials(&self) -> &[LoadedMaterial] {
        &self.materials
    }

    /// The material that encrypts; only of a key that may be used.
    ///
    /// # Errors
    /// As [`Key::check_usable`]; [`Error::InvalidKeyUsage`] for a key that isn't symmetric.
    pub fn encrypting_key(&self) -> Result<&BackingKey, Error> {
        match self.current_ready()? {
            ReadyMaterial::Symmetric(key) => Ok(key),
            ReadyMaterial::KeyPair(_) | ReadyMaterial::Mac(_) => Err(self.not_symmetric()),
        }
    }

    /// The key pair of an asymmetric key that may be used.
    ///
    /// # Errors
    /// As [`current_ready`](Self::current_ready); [`Error::NotAsymmetric`] for another kind of key.
    pub fn key_pair(&self) -> Result<&PrivateKey, Error> {
        match self.current_ready()? {
            ReadyMaterial::KeyPair(pair) => Ok(pair),
            ReadyMaterial::Symmetric(_) | ReadyMaterial::Mac(_) => Err(Error::NotAsymmetric),
        }
    }

    /// The HMAC key of a key that may be used.
    ///
    /// # Errors
    /// As [`current_ready`](Self::current_ready); [`Error::Corrupt`] for another kind of key, whose usage was to be
    /// checked before.
    pub fn mac_key(&self) -> Result<&HmacKey, Error> {
        match self.current_ready()? {
            ReadyMaterial::Mac(key) => Ok(key),
            ReadyMaterial::Symmetric(_) | ReadyMaterial::KeyPair(_) => {
                Err(Error::Corrupt("the usage of a key without hmac material"))
            }
        }
    }

    /// The material that a ciphertext names; only of a key that may be used.
    ///
    /// # Errors
    /// As [`Key::check_usable`]; [`Error::InvalidCiphertext`] when the key never had such material;
    /// [`Error::MaterialGone`] when it was imported and is gone.
    pub fn decrypting_key(&self, id: KeyMaterialId) -> Result<&BackingKey, Error> {
        self.key.check_usable()?;
        let material = self.materials.iter().find(|material| material.facts.id == id);
        match &material.ok_or(Error::InvalidCiphertext)?.ready {
            Some(ReadyMaterial::Symmetric(key)) => Ok(key),
            Some(ReadyMaterial::KeyPair(_) | ReadyMaterial::Mac(_)) => Err(self.not_symmetric()),
            None => Err(self.material_gone()),
        }
    }

    /// The current material; only of a key that may be used.
    ///
    /// # Errors
    /// As [`Key::check_usable`]; [`Error::MaterialGone`] when it was imported and is gone.
    pub fn current_ready(&self) -> Result<&ReadyMaterial, Error> {
        self.key.check_usable()?;
        let current = self.current().and_then(|material| material.ready.as_ref());
        current.ok_or_else(|| self.material_gone())
    }

    /// The current material.
    #[must_use]
    pub fn current(&self) -> Option<&LoadedMaterial> {
        self.materials.first().filter(|material| material.facts.state == KeyMaterialState::Current)
    }

    /// The id of the current material.
    #[must_use]
    pub fn current_material_id(&self) -> Option<KeyMaterialId> {
        self.current().map(|material| material.facts.id)
    }

    /// The key as a decision sees it: nothing is allowed but by its policy, or where that leaves it to the account.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            arn: self.key.arn.clone(),
            account: Some(self.key.account),
            policy: Some(Arc::clone(&self.policy)),
            rule: ResourcePolicyRule::Required,
        }
    }

    fn not_symmetric(&self) -> Error {
        let algorithm = EncryptionAlgorithmSpec::SymmetricDefault.as_str();
        Error::InvalidKeyUsage { algorithm, spec: self.key.spec.as_str() }
    }

    fn material_gone(&self) -> Error {
        Error::MaterialGone { arn: Arc::clone(&self.key.arn) }
    }
}

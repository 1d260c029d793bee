//! A key as it is kept in memory: its metadata with its unwrapped materials.

use keywright_aws_api::{AccountId, Target};
use keywright_policy::ResourcePolicyRule;

use super::backing_key::BackingKey;
use super::key::Key;
use super::key_id::{KeyId, KeyMaterialId};
use crate::error::Error;

/// A key, ready for use.
#[derive(Debug)]
pub struct KeyEntry {
    /// Its metadata.
    pub key: Key,
    current: BackingKey,
    former: Box<[BackingKey]>,
}

/// What a key is found by within the Region.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyName {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub id: KeyId,
}

impl KeyEntry {
    /// A key with the material that encrypts, and those that it encrypted with before.
    #[must_use]
    pub fn new(key: Key, current: BackingKey, former: Vec<BackingKey>) -> Self {
        Self { key, current, former: former.into() }
    }

    /// What it is found by.
    #[must_use]
    pub fn name(&self) -> KeyName {
        KeyName { account: self.key.account, id: self.key.id }
    }

    /// The material that encrypts; only for a key that may be used.
    ///
    /// # Errors
    /// As [`Key::check_usable`].
    pub fn encrypting_key(&self) -> Result<&BackingKey, Error> {
        self.key.check_usable()?;
        Ok(&self.current)
    }

    /// The material that a ciphertext names; only of a key that may be used.
    ///
    /// # Errors
    /// As [`Key::check_usable`]; [`Error::InvalidCiphertext`] when the key never had such material.
    pub fn decrypting_key(&self, id: KeyMaterialId) -> Result<&BackingKey, Error> {
        self.key.check_usable()?;
        if self.current.id() == id {
            return Ok(&self.current);
        }
        self.former.iter().find(|material| material.id() == id).ok_or(Error::InvalidCiphertext)
    }

    /// The id of the current material.
    #[must_use]
    pub fn current_material_id(&self) -> KeyMaterialId {
        self.current.id()
    }

    /// The key as a decision sees it.
    ///
    /// Key policies are stored, and not enforced yet: identity policies decide.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            arn: self.key.arn.clone(),
            account: Some(self.key.account),
            policy: None,
            rule: ResourcePolicyRule::Additional,
        }
    }
}

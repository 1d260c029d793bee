//! Domain keys: each wraps key materials, and is itself wrapped by the root key.

use std::collections::HashMap;
use std::sync::Arc;

use keywright_crypto::{Key256, Random, RandomExt as _, SecretBytes};
use keywright_root_key::{RootKey, WrappedKey};
use parking_lot::RwLock;
use uuid::Uuid;

use crate::error::Error;

/// The domain keys that this process has unwrapped.
pub struct DomainKeys {
    root: Arc<dyn RootKey>,
    active: Uuid,
    unwrapped: RwLock<HashMap<Uuid, Arc<Key256>>>,
}

/// A domain key as it is stored.
pub struct StoredDomainKey {
    /// Its id, which every material that it wraps names.
    pub id: Uuid,
    /// Wrapped by the root key.
    pub wrapped: WrappedKey,
}

impl DomainKeys {
    /// The keys below `root`; `active` wraps what is new.
    ///
    /// # Errors
    /// [`Error::RootKey`] when `active` was wrapped by another root key, or altered.
    pub fn open(root: Arc<dyn RootKey>, active: &StoredDomainKey) -> Result<Self, Error> {
        let keys = Self { root, active: active.id, unwrapped: RwLock::default() };
        keys.unwrap(active)?;
        Ok(keys)
    }

    /// A new domain key.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness, [`Error::RootKey`] when the root key can't wrap.
    pub fn generate(root: &dyn RootKey, random: &dyn Random) -> Result<StoredDomainKey, Error> {
        let id = uuid::Builder::from_random_bytes(random.bytes()?).into_uuid();
        let key = Key256::generate(random)?;
        let key = SecretBytes::new(key.expose_secret().to_vec());
        Ok(StoredDomainKey { id, wrapped: root.wrap(&purpose(id), &key)? })
    }

    /// The id and the key which wrap what is new.
    ///
    /// # Errors
    /// None in practice: the active key was unwrapped when these were opened.
    pub fn active(&self) -> Result<(Uuid, Arc<Key256>), Error> {
        let key = self.get(self.active).ok_or(Error::Corrupt("the active domain key is not unwrapped"))?;
        Ok((self.active, key))
    }

    /// A key that was unwrapped before.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Arc<Key256>> {
        self.unwrapped.read().get(&id).cloned()
    }

    /// Unwraps a stored key and keeps it.
    ///
    /// # Errors
    /// [`Error::RootKey`] when another root key wrapped it, or it was altered.
    pub fn unwrap(&self, stored: &StoredDomainKey) -> Result<Arc<Key256>, Error> {
        let secret = self.root.unwrap_key(&purpose(stored.id), &stored.wrapped)?;
        let key = Arc::new(Key256::try_from_slice(secret.expose_secret())?);
        self.unwrapped.write().insert(stored.id, Arc::clone(&key));
        Ok(key)
    }
}

fn purpose(id: Uuid) -> Vec<u8> {
    [PURPOSE, id.as_bytes()].concat()
}

const PURPOSE: &[u8] = b"keywright kms domain key v1";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use keywright_root_key::RootKeySource;

    use super::*;

    fn root_key(dir: &tempfile::TempDir, name: &str) -> Arc<dyn RootKey> {
        let source = RootKeySource::KeyFile { path: dir.path().join(name), create: true };
        keywright_root_key::open(&source, &SystemRandom).unwrap()
    }

    #[test]
    fn what_a_domain_key_wraps_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let stored = DomainKeys::generate(&*root_key(&dir, "root"), &SystemRandom).unwrap();
        let expose = |keys: &DomainKeys| *keys.active().unwrap().1.expose_secret();
        let first = expose(&DomainKeys::open(root_key(&dir, "root"), &stored).unwrap());
        let second = expose(&DomainKeys::open(root_key(&dir, "root"), &stored).unwrap());
        assert_eq!(first, second);
    }

    #[test]
    fn another_root_key_or_another_id_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = root_key(&dir, "root");
        let stored = DomainKeys::generate(&*root, &SystemRandom).unwrap();
        let other = DomainKeys::open(root_key(&dir, "other"), &stored);
        assert!(matches!(other.err(), Some(Error::RootKey(_))));
        let renamed = StoredDomainKey { id: Uuid::from_bytes([1; 16]), wrapped: stored.wrapped };
        assert!(matches!(DomainKeys::open(root, &renamed).err(), Some(Error::RootKey(_))));
    }

    #[test]
    fn former_keys_are_kept_beside_the_active_one() {
        let dir = tempfile::tempdir().unwrap();
        let root = root_key(&dir, "root");
        let (active, former) = (
            DomainKeys::generate(&*root, &SystemRandom).unwrap(),
            DomainKeys::generate(&*root, &SystemRandom).unwrap(),
        );
        let keys = DomainKeys::open(root, &active).unwrap();
        assert!(keys.get(former.id).is_none());
        let unwrapped = keys.unwrap(&former).unwrap();
        assert_eq!(keys.get(former.id).unwrap().expose_secret(), unwrapped.expose_secret());
        assert_eq!(keys.active().unwrap().0, active.id);
    }
}

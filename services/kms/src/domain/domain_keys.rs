//! Domain keys: each wraps key materials, and is itself wrapped by the root key.

use std::collections::HashMap;
use std::sync::Arc;

use keywright_crypto::{Key256, Random, RandomExt as _, SecretBytes};
use keywright_root_key::{RootKey, RootKeys, WrappedKey};
use parking_lot::RwLock;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::error::Error;

/// The domain keys that this process has unwrapped.
pub struct DomainKeys {
    roots: Arc<RootKeys>,
    state: RwLock<State>,
    retired: Notify,
}

struct State {
    active: Uuid,
    unwrapped: HashMap<Uuid, Arc<Key256>>,
}

/// A domain key as it is stored.
#[derive(Clone)]
pub struct StoredDomainKey {
    /// Its id, which every material that it wraps names.
    pub id: Uuid,
    /// Wrapped by the root key.
    pub wrapped: WrappedKey,
}

impl DomainKeys {
    /// The keys below the root key, or below two while one takes the other's place; `active` wraps what is new.
    ///
    /// # Errors
    /// [`Error::RootKey`] when `active` was wrapped by another root key, or altered.
    pub fn open(roots: impl Into<RootKeys>, active: &StoredDomainKey) -> Result<Self, Error> {
        let state = State { active: active.id, unwrapped: HashMap::new() };
        let (roots, state) = (Arc::new(roots.into()), RwLock::new(state));
        let keys = Self { roots, state, retired: Notify::new() };
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

    /// A new domain key to follow `active`, wrapped by the same root key: every replica has that one, while the root key is
    /// being replaced.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub async fn generate_next(
        &self,
        active: &StoredDomainKey,
        random: Arc<dyn Random>,
    ) -> Result<StoredDomainKey, Error> {
        let root = Arc::clone(self.roots.of(&active.wrapped)?);
        off_runtime(move || Self::generate(&*root, &*random)).await
    }

    /// The id and the key which wrap what is new.
    ///
    /// # Errors
    /// None in practice: the active key is unwrapped before it becomes the active one.
    pub fn active(&self) -> Result<(Uuid, Arc<Key256>), Error> {
        let state = self.state.read();
        let key = state.unwrapped.get(&state.active);
        let key = key.ok_or(Error::Corrupt("the active domain key is not unwrapped"))?;
        Ok((state.active, Arc::clone(key)))
    }

    /// Has another key wrap what is new.
    ///
    /// # Errors
    /// As [`unwrap`](Self::unwrap).
    pub async fn activate(&self, stored: &StoredDomainKey) -> Result<(), Error> {
        self.unwrap_off_runtime(stored).await?;
        self.state.write().active = stored.id;
        Ok(())
    }

    /// A key that was unwrapped before.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Arc<Key256>> {
        self.state.read().unwrapped.get(&id).cloned()
    }

    /// Unwraps a stored key and keeps it. Blocks where the root key is in an HSM.
    ///
    /// # Errors
    /// [`Error::RootKey`] when another root key wrapped it, or it was altered.
    pub fn unwrap(&self, stored: &StoredDomainKey) -> Result<Arc<Key256>, Error> {
        let secret = self.roots.unwrap_key(&purpose(stored.id), &stored.wrapped)?;
        let key = Arc::new(Key256::try_from_slice(secret.expose_secret())?);
        self.state.write().unwrapped.insert(stored.id, Arc::clone(&key));
        Ok(key)
    }

    /// The same without blocking, and without the root key where it is unwrapped already.
    ///
    /// # Errors
    /// As [`unwrap`](Self::unwrap).
    pub async fn unwrap_off_runtime(&self, stored: &StoredDomainKey) -> Result<Arc<Key256>, Error> {
        if let Some(key) = self.get(stored.id) {
            return Ok(key);
        }
        let (roots, id, wrapped) = (Arc::clone(&self.roots), stored.id, stored.wrapped.clone());
        let unwrap = move || Ok(roots.unwrap_key(&purpose(id), &wrapped)?);
        let secret = off_runtime(unwrap).await?;
        let key = Arc::new(Key256::try_from_slice(secret.expose_secret())?);
        self.state.write().unwrapped.insert(id, Arc::clone(&key));
        Ok(key)
    }

    /// A stored key wrapped by the current root key; none if it is already.
    ///
    /// # Errors
    /// [`Error::RootKey`] when it was wrapped by neither of the root keys here, or altered.
    pub async fn rewrap(&self, stored: &StoredDomainKey) -> Result<Option<StoredDomainKey>, Error> {
        let (roots, id, wrapped) = (Arc::clone(&self.roots), stored.id, stored.wrapped.clone());
        let rewrap = move || Ok(roots.rewrap(&purpose(id), &wrapped)?);
        Ok(off_runtime(rewrap).await?.map(|wrapped| StoredDomainKey { id, wrapped }))
    }

    /// The root keys.
    #[must_use]
    pub fn roots(&self) -> &RootKeys {
        &self.roots
    }

    /// Forgets a key that was destroyed.
    pub fn forget(&self, id: Uuid) {
        self.keep_only(|kept| kept != id);
    }

    /// Forgets the keys that aren't there any more; never the active one.
    pub fn keep_only(&self, is_there: impl Fn(Uuid) -> bool) {
        let mut state = self.state.write();
        let active = state.active;
        state.unwrapped.retain(|id, _| *id == active || is_there(*id));
    }

    /// A key was retired: what it wraps is to be re-wrapped.
    pub fn note_retired(&self) {
        self.retired.notify_one();
    }

    /// Waits until a key is retired.
    pub async fn retired(&self) {
        self.retired.notified().await;
    }
}

/// Runs what may wait for an HSM where it holds up no request.
async fn off_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::LoadEnded)?
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

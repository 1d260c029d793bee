//! Materials that are kept, with what was used of them.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/local-cryptographic-materials-cache.md>

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use keywright_crypto::{CryptoError, HashAlgorithm, Hasher};
use parking_lot::Mutex;

use crate::branch_keys::BranchKeyMaterials;
use crate::error::Error;
use crate::{DecryptionMaterials, EncryptionMaterials};

/// Keeps materials in memory, a number of them at most; the one that was longest without use goes first. It may serve
/// several [`CachingMaterialsManager`](super::CachingMaterialsManager)s and
/// [`HierarchicalKeyring`](crate::HierarchicalKeyring)s.
pub struct MaterialsCache {
    capacity: usize,
    kept: Mutex<Kept>,
}

/// A name of materials: who keeps them, and for which requests.
pub(crate) type EntryId = [u8; 64];

/// Makes a name of all that tells one kind of request from another: a hash over each part's own digest, so that none runs
/// into the next.
pub(crate) struct EntryName(Hasher);

impl EntryName {
    /// Of what is kept in this part of the cache, for this use.
    pub(crate) fn new(partition: &str, use_: &[u8]) -> Self {
        let mut name = Self(Hasher::new(HashAlgorithm::Sha512));
        name.add(partition.as_bytes());
        name.add(use_);
        name
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update(&HashAlgorithm::Sha512.digest(part));
    }

    pub(crate) fn finish(self) -> Result<EntryId, Error> {
        self.0.finish().try_into().map_err(|_| Error::Crypto(CryptoError::Library))
    }
}

#[derive(Default)]
struct Kept {
    entries: HashMap<EntryId, Entry>,
    /// The entries by their last use.
    order: BTreeMap<u64, EntryId>,
    uses: u64,
    /// Who is getting materials that are not kept.
    flights: HashMap<EntryId, Arc<tokio::sync::Mutex<()>>>,
}

struct Entry {
    materials: Materials,
    expires: Instant,
    usage: Usage,
    last_use: u64,
}

enum Materials {
    Encryption(Box<EncryptionMaterials>),
    Decryption(Box<DecryptionMaterials>),
    BranchKey(Arc<BranchKeyMaterials>),
}

/// What was encrypted, or may be, under one data key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl Usage {
    fn with(self, bytes: u64) -> Option<Self> {
        Some(Self { messages: self.messages.checked_add(1)?, bytes: self.bytes.checked_add(bytes)? })
    }

    fn is_within(self, limits: Self) -> bool {
        self.messages <= limits.messages && self.bytes <= limits.bytes
    }
}

impl MaterialsCache {
    /// Of at most `capacity` entries.
    ///
    /// # Errors
    /// [`Error::Configuration`] for none.
    pub fn new(capacity: usize) -> Result<Arc<Self>, Error> {
        if capacity == 0 {
            return Err(Error::Configuration("a cache needs room for one entry"));
        }
        Ok(Arc::new(Self { capacity, kept: Mutex::default() }))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.kept.lock().entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        let mut kept = self.kept.lock();
        kept.entries.clear();
        kept.order.clear();
    }

    /// Materials for one more message of `bytes`, which are counted, if `limits` allow it. If not, the entry goes.
    pub(super) fn encryption(
        &self,
        id: &EntryId,
        now: Instant,
        bytes: u64,
        limits: Usage,
    ) -> Option<EncryptionMaterials> {
        let mut kept = self.kept.lock();
        let entry = kept.entries.get_mut(id)?;
        let usage = entry.usage.with(bytes).filter(|usage| usage.is_within(limits));
        let (Some(usage), Materials::Encryption(materials), true) =
            (usage, &entry.materials, now < entry.expires)
        else {
            kept.remove(id);
            return None;
        };
        let materials = (**materials).clone();
        entry.usage = usage;
        kept.touch(id);
        Some(materials)
    }

    /// Materials to decrypt.
    pub(super) fn decryption(&self, id: &EntryId, now: Instant) -> Option<DecryptionMaterials> {
        let mut kept = self.kept.lock();
        let entry = kept.entries.get(id)?;
        let (Materials::Decryption(materials), true) = (&entry.materials, now < entry.expires) else {
            kept.remove(id);
            return None;
        };
        let materials = (**materials).clone();
        kept.touch(id);
        Some(materials)
    }

    /// Keeps materials that one message of `bytes` was encrypted with.
    pub(super) fn keep_encryption(
        &self,
        id: EntryId,
        materials: EncryptionMaterials,
        expires: Instant,
        bytes: u64,
    ) {
        let usage = Usage { messages: 1, bytes };
        self.keep(id, Materials::Encryption(Box::new(materials)), expires, usage);
    }

    /// Keeps materials to decrypt with.
    pub(super) fn keep_decryption(&self, id: EntryId, materials: DecryptionMaterials, expires: Instant) {
        let usage = Usage { messages: 0, bytes: 0 };
        self.keep(id, Materials::Decryption(Box::new(materials)), expires, usage);
    }

    /// A branch key.
    pub(crate) fn branch_key(&self, id: &EntryId, now: Instant) -> Option<Arc<BranchKeyMaterials>> {
        let mut kept = self.kept.lock();
        let entry = kept.entries.get(id)?;
        let (Materials::BranchKey(materials), true) = (&entry.materials, now < entry.expires) else {
            kept.remove(id);
            return None;
        };
        let materials = materials.clone();
        kept.touch(id);
        Some(materials)
    }

    /// Keeps a branch key.
    pub(crate) fn keep_branch_key(&self, id: EntryId, materials: Arc<BranchKeyMaterials>, expires: Instant) {
        self.keep(id, Materials::BranchKey(materials), expires, Usage { messages: 0, bytes: 0 });
    }

    fn keep(&self, id: EntryId, materials: Materials, expires: Instant, usage: Usage) {
        let mut kept = self.kept.lock();
        kept.remove(&id);
        while kept.entries.len() >= self.capacity {
            let Some((_, oldest)) = kept.order.pop_first() else { break };
            kept.entries.remove(&oldest);
        }
        kept.entries.insert(id, Entry { materials, expires, usage, last_use: 0 });
        kept.touch(&id);
    }

    /// One place in the queue of those who get materials for `id`, so that one of them does and the others find them.
    pub(crate) fn flight(&self, id: EntryId) -> Flight<'_> {
        let queue = Arc::clone(self.kept.lock().flights.entry(id).or_default());
        Flight { cache: self, id, queue }
    }
}

impl Kept {
    fn remove(&mut self, id: &EntryId) {
        if let Some(entry) = self.entries.remove(id) {
            self.order.remove(&entry.last_use);
        }
    }

    fn touch(&mut self, id: &EntryId) {
        self.uses += 1;
        if let Some(entry) = self.entries.get_mut(id) {
            self.order.remove(&entry.last_use);
            entry.last_use = self.uses;
            self.order.insert(self.uses, *id);
        }
    }
}

impl fmt::Debug for MaterialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaterialsCache({} of {})", self.len(), self.capacity)
    }
}

/// A place in a queue, left on drop.
pub(crate) struct Flight<'a> {
    cache: &'a MaterialsCache,
    id: EntryId,
    queue: Arc<tokio::sync::Mutex<()>>,
}

impl Flight<'_> {
    /// Waits until nobody else gets these materials.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.queue.lock().await
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut kept = self.cache.kept.lock();
        // Nobody else is in it, and nobody can come while this is locked.
        if Arc::strong_count(&self.queue) <= 2 {
            kept.flights.remove(&self.id);
        }
    }
}

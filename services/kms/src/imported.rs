//! Imported key material: taking it, and destroying it when its time is over.

use std::sync::Arc;
use std::time::Duration;

use keywright_crypto::{Key256, PrivateKey, SecretBytes};
use keywright_service::due_work::keep_doing;
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::changes::{Changed, announce};
use crate::domain::entry::KeyName;
use crate::domain::import_token::{ImportToken, SealedToken};
use crate::domain::imported::{ImportType, ImportedFacts};
use crate::domain::key::{Key, OriginType};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::{KeyMaterial, KeyMaterialState, MaterialFacts};
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::materials::StoredMaterial;

/// What an import is to do.
#[derive(Clone, Debug)]
pub struct Import {
    /// Whether the material is to be a new one; where the caller doesn't say, only the first one is.
    pub import_type: Option<ImportType>,
    /// The id that it must have, where the caller names one.
    pub expected: Option<KeyMaterialId>,
    /// What else the caller says of it.
    pub facts: ImportedFacts,
}

/// Looks for material that has expired, again and again, until it is aborted.
pub async fn run(kms: Arc<Kms>, interval: Duration) {
    keep_doing("destroy expired key material", interval, || destroy_expired(&kms, kms.now())).await;
}

/// Destroys all material that has expired at `now`; says how many.
///
/// # Errors
/// What kept the next one from being destroyed.
pub async fn destroy_expired(kms: &Kms, now: OffsetDateTime) -> Result<usize, Error> {
    let mut count = 0;
    while destroy_one(kms, now).await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Destroys one material, in one transaction with its record.
async fn destroy_one(kms: &Kms, now: OffsetDateTime) -> Result<Option<KeyMaterialId>, Error> {
    let transaction = kms.store.begin().await?;
    let claimed = store::materials::claim_expired(&transaction, &kms.region, now).await?;
    let Some((key, material)) = claimed else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let name = KeyName { account: key.account, id: key.id };
    kms.destroy_material(&transaction, &key, &material).await?;
    kms.tell_regions(&transaction, &key).await?;
    let changed = Changed::Key(name);
    announce(&transaction, &kms.region, &changed).await?;
    kms.commit_event(transaction, KeyEvent::DeleteExpiredKeyMaterial(material.id), &key, now).await?;
    kms.directory.caches().forget(&changed);
    kms.peers.wake();
    Ok(Some(material.id))
}

impl Kms {
    /// The token that a wrapping key and what it is for are sealed in.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn seal_import_token(&self, token: &ImportToken) -> Result<Vec<u8>, Error> {
        let (id, domain_key) = self.domain_keys.active()?;
        Ok(token.seal(id, &domain_key, &*self.random)?)
    }

    /// Unwraps the material that was wrapped for `key`, in the form in which it is kept.
    ///
    /// # Errors
    /// [`Error::InvalidImportToken`], [`Error::ExpiredImportToken`], [`Error::InvalidCiphertext`],
    /// [`Error::IncorrectKeyMaterial`], or whatever keeps the token from being opened.
    pub async fn unwrap_import(
        &self,
        key: &Key,
        token: &[u8],
        wrapped: &[u8],
        now: OffsetDateTime,
    ) -> Result<KeyMaterial, Error> {
        let sealed = SealedToken::parse(token).ok_or(Error::InvalidImportToken)?;
        let domain_key = self.domain_key(sealed.domain_key).await?.ok_or(Error::InvalidImportToken)?;
        let token = sealed.open(&domain_key).ok_or(Error::InvalidImportToken)?;
        if (token.account, &token.region, token.key_id) != (key.account, &self.region, key.id) {
            return Err(Error::InvalidImportToken);
        }
        if token.valid_to <= now {
            return Err(Error::ExpiredImportToken);
        }
        let ImportToken { algorithm, wrapping, private_key, .. } = token;
        let private_key = PrivateKey::from_pkcs8(wrapping.primitive(), &private_key)?;
        let secret: SecretBytes = algorithm.unwrap(wrapping, &private_key, wrapped)?;
        Ok(KeyMaterial::new(key.id, key.spec.canonical_material(secret)?))
    }

    /// Stores imported material of a key that `transaction` has locked, and enables the key when nothing is missing now.
    ///
    /// # Errors
    /// [`Error::IncorrectKeyMaterial`] for another material than the import is to be of, [`Error::MaterialPending`],
    /// [`Error::NotForKey`] for a new material of a replica key, which the primary key is to have first,
    /// [`Error::Crypto`] without randomness, or [`Error::Store`].
    pub async fn import(
        &self,
        transaction: &Transaction,
        key: &Key,
        material: &KeyMaterial,
        import: Import,
    ) -> Result<(), Error> {
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let Import { import_type, expected, facts: imported } = import;
        let (id, now) = (material.id(), imported.now);
        let mut known = store::materials::of_key(transaction, &at).await?;
        let is_over = |known: &StoredMaterial| !known.facts.is_permanent() && known.facts.has_expired(now);
        for over in known.iter().filter(|known| is_over(known)) {
            store::materials::destroy(transaction, &at, &over.facts).await?;
        }
        known.retain(|known| !is_over(known));
        let first =
            if known.is_empty() { ImportType::NewKeyMaterial } else { ImportType::ExistingKeyMaterial };
        let is_known = known.iter().any(|known| known.facts.id == id);
        let wrapped = self.wrap_material(key, material)?;
        match import_type.unwrap_or(first) {
            ImportType::NewKeyMaterial if is_known => {
                return Err(Error::IncorrectKeyMaterial(
                    "The key material is already associated with the key",
                ));
            }
            ImportType::NewKeyMaterial => {
                key.check_primary(&self.region)?;
                let state = next_state(key, &known)?;
                let facts = MaterialFacts::imported(id, state, imported);
                let stored = StoredMaterial { facts, wrapped: Some(wrapped) };
                store::materials::insert(transaction, &at, &stored).await?;
            }
            ImportType::ExistingKeyMaterial
                if !is_known || expected.is_some_and(|expected| expected != id) =>
            {
                return Err(Error::IncorrectKeyMaterial(
                    "The key material is not the one that was imported before",
                ));
            }
            ImportType::ExistingKeyMaterial => {
                store::materials::restore(transaction, &at, id, &wrapped, &imported).await?;
            }
        }
        let here = store::materials::of_key(transaction, &at).await?;
        if key.state == KeyState::PendingImport && is_complete(&here, now) {
            store::keys::set_state(transaction, &at, KeyState::Enabled, None).await?;
        }
        Ok(())
    }

    /// Destroys an imported material of a key that `transaction` has locked; without one that belongs to it for good, the
    /// key waits for its import.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn destroy_material(
        &self,
        transaction: &Transaction,
        key: &Key,
        material: &MaterialFacts,
    ) -> Result<(), Error> {
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        store::materials::destroy(transaction, &at, material).await?;
        if let Some(state) = key.state_without_material().filter(|_| material.is_permanent()) {
            store::keys::set_state(transaction, &at, state, None).await?;
        }
        Ok(())
    }

    /// The state in which a key is when its deletion was cancelled: disabled, unless imported material is missing.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn state_after_deletion(
        &self,
        transaction: &Transaction,
        key: &Key,
    ) -> Result<KeyState, Error> {
        if key.origin != OriginType::External {
            return Ok(KeyState::Disabled);
        }
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let materials = store::materials::of_key(transaction, &at).await?;
        let complete = is_complete(&materials, self.now());
        Ok(if complete { KeyState::Disabled } else { KeyState::PendingImport })
    }

    /// A domain key, from memory or the database.
    async fn domain_key(&self, id: Uuid) -> Result<Option<Arc<Key256>>, Error> {
        if let Some(key) = self.domain_keys.get(id) {
            return Ok(Some(key));
        }
        let stored = store::domain_keys::find(&self.store.connection().await?, id).await?;
        match stored {
            Some(stored) => self.domain_keys.unwrap_off_runtime(&stored).await.map(Some),
            None => Ok(None),
        }
    }
}

/// What a new material is at first: the current one if there was none, else it waits for its rotation. So that a key
/// never gets an older one for the next one, no two wait.
fn next_state(key: &Key, known: &[StoredMaterial]) -> Result<KeyMaterialState, Error> {
    if known.is_empty() {
        return Ok(KeyMaterialState::Current);
    }
    if !key.spec.is_symmetric_encryption() {
        return Err(Error::IncorrectKeyMaterial("The key material is not the one that was imported before"));
    }
    if known.iter().any(|material| !material.facts.is_permanent()) {
        return Err(Error::MaterialPending { arn: Arc::clone(&key.arn) });
    }
    let has_replicas = key.multi_region.as_ref().is_some_and(|regions| !regions.replicas.is_empty());
    Ok(if has_replicas {
        KeyMaterialState::PendingMultiRegionImportAndRotation
    } else {
        KeyMaterialState::PendingRotation
    })
}

/// Whether there is a current material, and all that belong to the key for good are here.
#[must_use]
pub fn is_complete(materials: &[StoredMaterial], now: OffsetDateTime) -> bool {
    let is_here = |material: &StoredMaterial| material.wrapped.is_some() && !material.facts.has_expired(now);
    materials.iter().any(|material| material.facts.state == KeyMaterialState::Current)
        && materials.iter().filter(|material| material.facts.is_permanent()).all(is_here)
}

/// What a key that was read from the database is at `now`, though nobody may have destroyed what has expired yet.
pub fn expire(key: &mut Key, materials: &mut Vec<StoredMaterial>, now: OffsetDateTime) {
    materials.retain(|material| material.facts.is_permanent() || !material.facts.has_expired(now));
    for material in materials.iter_mut().filter(|material| material.facts.has_expired(now)) {
        material.wrapped = None;
        material.facts.valid_to = None;
        key.state = key.state_without_material().unwrap_or(key.state);
    }
}

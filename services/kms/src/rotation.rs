//! Rotation: another material becomes a key's current one, and the former ones go on decrypting what they encrypted.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::due_work::keep_doing;
use keywright_store::Transaction;
use time::OffsetDateTime;

use crate::changes::{Changed, announce};
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, OriginType};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::{KeyMaterialState, MaterialFacts, Rotated, RotationType};
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::imported::is_complete;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::materials::StoredMaterial;

/// A rotation that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What asked for it.
    pub by: RotationType,
    /// The material that was the current one.
    pub previous: Option<KeyMaterialId>,
    /// The one that is it now.
    pub current: KeyMaterialId,
}

/// Looks for keys that are due, again and again, until it is aborted.
pub async fn run(kms: Arc<Kms>, interval: Duration) {
    keep_doing("rotate keys", interval, || rotate_due_keys(&kms, kms.now())).await;
}

/// Rotates every key that is due at `now`, each once; says how many.
///
/// # Errors
/// What kept the next one from being rotated.
pub async fn rotate_due_keys(kms: &Kms, now: OffsetDateTime) -> Result<usize, Error> {
    let mut count = 0;
    while rotate_one(kms, now).await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Rotates one key and sets its next date, in one transaction with its record.
async fn rotate_one(kms: &Kms, now: OffsetDateTime) -> Result<Option<Key>, Error> {
    let transaction = kms.store.begin().await?;
    let Some(key) = store::rotations::claim_due(&transaction, &kms.region, now).await? else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let name = KeyName { account: key.account, id: key.id };
    let rotated = kms.rotate(&transaction, &key, RotationType::Automatic, now).await?;
    let next = key.rotation.map(|schedule| schedule.after_rotation(now));
    store::rotations::set(&transaction, &KeyRow::new(&kms.region, name), next).await?;
    // The next date is shared as well.
    kms.tell_regions(&transaction, &key).await?;
    let changed = Changed::Key(name);
    announce(&transaction, &kms.region, &changed).await?;
    kms.commit_rotation(transaction, rotated, &key).await?;
    kms.directory.caches().forget(&changed);
    kms.peers.wake();
    Ok(Some(key))
}

impl Kms {
    /// Makes another material the current one of a key that `transaction` has locked: a fresh one, or for imported
    /// material the one that waits for it. Of a key with replica keys fresh material goes to them first, and becomes the
    /// current one when all have it: there is no rotation yet then.
    ///
    /// # Errors
    /// [`Error::NoPendingMaterial`] when none waits, [`Error::Crypto`] without randomness, or [`Error::Store`].
    pub async fn rotate(
        &self,
        transaction: &Transaction,
        key: &Key,
        by: RotationType,
        now: OffsetDateTime,
    ) -> Result<Option<Rotation>, Error> {
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let rotated = Rotated { at: now, by };
        if key.origin == OriginType::External {
            let materials = store::materials::of_key(transaction, &at).await?;
            if !is_complete(&materials, now) {
                return Err(Error::KeyState { arn: Arc::clone(&key.arn), state: KeyState::PendingImport });
            }
            let pending = materials.iter().find(|material| material.waits_for_rotation(now));
            let current = pending.map(|material| material.facts.id);
            let current = current.ok_or_else(|| Error::NoPendingMaterial { arn: Arc::clone(&key.arn) })?;
            let previous = store::rotations::demote_current(transaction, &at).await?;
            store::rotations::make_current(transaction, &at, current, rotated).await?;
            self.tell_regions(transaction, key).await?;
            return Ok(Some(Rotation { by, previous, current }));
        }
        if key.has_replicas(&self.region) {
            self.begin_shared_rotation(transaction, key, by, now).await?;
            return Ok(None);
        }
        let material = self.new_material(key).await?;
        let wrapped = Some(self.wrap_material(key, &material)?);
        let previous = store::rotations::demote_current(transaction, &at).await?;
        let stored = StoredMaterial { facts: MaterialFacts::rotated_in(material.id(), rotated), wrapped };
        store::materials::insert(transaction, &at, &stored).await?;
        Ok(Some(Rotation { by, previous, current: material.id() }))
    }
}

impl StoredMaterial {
    /// Whether it is here, and becomes the current one by the next rotation.
    fn waits_for_rotation(&self, now: OffsetDateTime) -> bool {
        self.facts.state == KeyMaterialState::PendingRotation
            && self.wrapped.is_some()
            && !self.facts.has_expired(now)
    }
}

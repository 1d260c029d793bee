//! Rotation of a key with replica keys: the new material is in all of them before it encrypts anywhere, so that
//! whatever any Region encrypts, every Region decrypts.

use std::sync::Arc;

use keywright_store::Transaction;
use time::OffsetDateTime;

use super::commit;
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, MultiRegion, OnDemandRotations, OriginType};
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::{KeyMaterialState, MaterialFacts, Rotated, RotationType};
use crate::error::Error;
use crate::events::KeyEvent;
use crate::rotation::Rotation;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::materials::StoredMaterial;

impl Kms {
    /// Makes fresh material for a primary key with replica keys, and sends it to them. Where one is on its way already,
    /// the automatic rotation is done by that one.
    ///
    /// # Errors
    /// [`Error::RotationConflict`] for another rotation on demand; [`Error::Crypto`] or [`Error::Store`].
    pub(crate) async fn begin_shared_rotation(
        &self,
        transaction: &Transaction,
        key: &Key,
        by: RotationType,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let materials = store::materials::of_key(transaction, &at).await?;
        if materials.iter().any(|material| material.facts.state == KeyMaterialState::PendingRotation) {
            return match by {
                RotationType::Automatic => Ok(()),
                RotationType::OnDemand => Err(Error::RotationConflict { arn: Arc::clone(&key.arn) }),
            };
        }
        let material = self.new_material(key).await?;
        let wrapped = Some(self.wrap_material(key, &material)?);
        let state = KeyMaterialState::PendingRotation;
        let facts = MaterialFacts { state, ..MaterialFacts::first(material.id(), now) };
        store::materials::insert(transaction, &at, &StoredMaterial { facts, wrapped }).await?;
        self.tell_regions(transaction, key).await
    }

    /// Commits what may have completed a rotation, with its record then.
    ///
    /// # Errors
    /// [`Error`] when it was not, or may not have been, committed.
    pub(crate) async fn commit_rotation(
        &self,
        transaction: Transaction,
        rotated: Option<Rotation>,
        key: &Key,
    ) -> Result<(), Error> {
        match rotated {
            Some(rotation) => {
                self.commit_event(transaction, KeyEvent::RotateKey(rotation), key, self.now()).await
            }
            None => commit(transaction).await,
        }
    }

    /// Goes on with the rotation of a primary key, as far as its replica keys have what it needs: fresh material becomes
    /// the current one, imported material may be rotated to. Gives the rotation that was completed.
    pub(super) async fn advance_rotation(
        &self,
        transaction: &Transaction,
        key: &Key,
    ) -> Result<Option<Rotation>, Error> {
        let Some(MultiRegion { replicas, .. }) = &key.multi_region else { return Ok(None) };
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let awaited = match key.origin {
            OriginType::External => KeyMaterialState::PendingMultiRegionImportAndRotation,
            OriginType::AwsKms | OriginType::AwsCloudHsm | OriginType::ExternalKeyStore => {
                KeyMaterialState::PendingRotation
            }
        };
        let materials = store::materials::of_key(transaction, &at).await?;
        let Some(pending) = materials.iter().find(|material| material.facts.state == awaited) else {
            return Ok(None);
        };
        let id = pending.facts.id;
        if pending.wrapped.is_none() || !store::multi_region::all_hold(transaction, &at, id, replicas).await?
        {
            return Ok(None);
        }
        let rotated = if key.origin == OriginType::External {
            store::multi_region::set_material_state(transaction, &at, id, KeyMaterialState::PendingRotation)
                .await?;
            None
        } else {
            Some(self.complete_rotation(transaction, &at, key, id).await?)
        };
        self.tell_regions(transaction, key).await?;
        Ok(rotated)
    }

    async fn complete_rotation(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        key: &Key,
        current: KeyMaterialId,
    ) -> Result<Rotation, Error> {
        let OnDemandRotations { count, started_at } = key.on_demand;
        let by = if started_at.is_some() { RotationType::OnDemand } else { RotationType::Automatic };
        let previous = store::rotations::demote_current(transaction, at).await?;
        store::rotations::make_current(transaction, at, current, Rotated { at: self.now(), by }).await?;
        let done = OnDemandRotations { count, started_at: None };
        store::rotations::set_on_demand(transaction, at, done).await?;
        Ok(Rotation { by, previous, current })
    }
}

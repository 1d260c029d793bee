//! How a key is, as it is told to another Region.

use keywright_aws_api::Region;
use keywright_crypto::SecretBytes;
use keywright_store::Transaction;

use super::commit;
use super::message::{
    Content, Held, Message, NewReplica, PrimaryState, ReplicaState, SharedMaterial, SharedRotation,
};
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, MultiRegion, OriginType};
use crate::domain::material::{KeyMaterial, MaterialOwner};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::materials::{StoredMaterial, WrappedMaterial};
use crate::store::multi_region::PrimaryChange;

/// What a Region is told, and by what it was asked for.
pub(super) struct Telling {
    /// The message.
    pub(super) message: Message,
    /// What was wanted when it was read.
    pub(super) generation: i64,
}

impl Kms {
    /// Reads what `peer` is to be told of a key now; none when there is nothing to tell any more.
    ///
    /// The key is locked meanwhile, so that of two messages the one with the higher version tells of the newer state.
    pub(super) async fn read_telling(&self, name: KeyName, peer: &Region) -> Result<Option<Telling>, Error> {
        let at = KeyRow::new(&self.region, name);
        let transaction = self.store.begin().await?;
        let key = store::keys::lock(&transaction, &self.region, name).await?;
        let Some(wanted) = store::replications::wanted(&transaction, &at, peer).await? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let content = match &key {
            None => Content::Replica(ReplicaState { exists: false, held: Vec::new() }),
            Some(key) => match self.told_to(key, peer)? {
                Told::AsPrimary(regions) => {
                    let new_replica = wanted.new_replica.as_deref().map(serde_json::from_str).transpose();
                    let new_replica = new_replica.map_err(|_| Error::Corrupt("new_replica"))?;
                    let state = self.primary_state(&transaction, key, regions, peer, new_replica).await?;
                    Content::Primary(Box::new(state))
                }
                Told::AsReplica => {
                    let materials = store::materials::of_key(&transaction, &at).await?;
                    Content::Replica(ReplicaState { exists: true, held: held(&materials) })
                }
                Told::Nothing => {
                    store::replications::drop(&transaction, &at, peer).await?;
                    self.tell_regions(&transaction, key).await?;
                    commit(transaction).await?;
                    return Ok(None);
                }
            },
        };
        let version = store::replications::next_version(&transaction).await?;
        transaction.rollback().await?;
        let message = Message::new(name, version, content);
        Ok(Some(Telling { message, generation: wanted.generation }))
    }

    /// All that a primary key shares with the replica key in `peer`; it becomes the primary one where it is to.
    pub(super) async fn primary_state(
        &self,
        transaction: &Transaction,
        key: &Key,
        regions: &MultiRegion,
        peer: &Region,
        new_replica: Option<NewReplica>,
    ) -> Result<PrimaryState, Error> {
        let at = KeyRow::new(&self.region, KeyName { account: key.account, id: key.id });
        let change = store::multi_region::primary_change(transaction, &at).await?;
        let (epoch, regions) = match &change.updating_to {
            Some(next) if next == peer => (change.epoch + 1, moved(regions, next)),
            _ => (change.epoch, regions.clone()),
        };
        let mut materials = Vec::new();
        for StoredMaterial { facts, wrapped } in store::materials::of_key(transaction, &at).await? {
            let secret = match wrapped {
                Some(wrapped) if key.origin == OriginType::AwsKms => {
                    Some(self.unwrap_material(transaction, key, &facts.id, &wrapped).await?)
                }
                Some(_) | None => None,
            };
            materials.push(SharedMaterial::new(&facts, secret));
        }
        Ok(PrimaryState {
            epoch,
            primary: regions.primary,
            replicas: regions.replicas,
            spec: key.spec,
            usage: key.usage,
            origin: key.origin,
            rotation: SharedRotation::new(key.rotation, key.on_demand),
            materials,
            new_replica,
            is_announcement: false,
        })
    }

    async fn unwrap_material(
        &self,
        transaction: &Transaction,
        key: &Key,
        id: &crate::domain::key_id::KeyMaterialId,
        wrapped: &WrappedMaterial,
    ) -> Result<SecretBytes, Error> {
        let domain_key = match self.domain_keys.get(wrapped.domain_key) {
            Some(key) => key,
            None => {
                let found = store::domain_keys::find(transaction, wrapped.domain_key).await?;
                self.domain_keys.unwrap(&found.ok_or(Error::Corrupt("a domain key is missing"))?)?
            }
        };
        let owner = MaterialOwner { account: key.account, region: &self.region, key_id: key.id };
        Ok(KeyMaterial::unwrap(owner, *id, &wrapped.bytes, &domain_key)?.secret().clone())
    }

    fn told_to<'k>(&self, key: &'k Key, peer: &Region) -> Result<Told<'k>, Error> {
        let regions = key.multi_region.as_ref().ok_or(Error::Corrupt("a key without regions"))?;
        Ok(if regions.primary == self.region {
            if regions.replicas.contains(peer) { Told::AsPrimary(regions) } else { Told::Nothing }
        } else if regions.primary == *peer {
            Told::AsReplica
        } else {
            Told::Nothing
        })
    }
}

/// What a key has to tell another Region.
enum Told<'k> {
    AsPrimary(&'k MultiRegion),
    AsReplica,
    /// Another one is to be told.
    Nothing,
}

/// The materials that are here.
pub(super) fn held(materials: &[StoredMaterial]) -> Vec<Held> {
    let here = materials.iter().filter(|material| material.wrapped.is_some());
    here.map(|material| Held(material.facts.id)).collect()
}

/// The Regions once the primary key is in `next`.
pub(super) fn moved(regions: &MultiRegion, next: &Region) -> MultiRegion {
    let mut replicas: Vec<Region> =
        regions.replicas.iter().filter(|replica| *replica != next).cloned().collect();
    replicas.push(regions.primary.clone());
    MultiRegion { primary: next.clone(), replicas }
}

impl PrimaryChange {
    /// Once the change is done.
    pub(super) fn done(&self) -> Self {
        Self { epoch: self.epoch + 1, updating_to: None }
    }
}

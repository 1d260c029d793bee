//! What a message of another Region does here.

use keywright_aws_api::Region;
use keywright_store::Transaction;

use super::message::{Answer, Content, KeyView, Message, NewReplica, PrimaryState, ReplicaState};
use super::snapshot::held;
use crate::changes::{Changed, announce};
use crate::domain::entry::KeyName;
use crate::domain::key::{Key, KeyManagerType, MultiRegion, OnDemandRotations, OriginType};
use crate::domain::material::{KeyMaterial, KeyMaterialState};
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::imported::is_complete;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::materials::StoredMaterial;
use crate::store::multi_region::PrimaryChange;
use crate::store::replications::Received;

/// What a message of a primary key does to the key here.
enum Effect {
    /// It is made, or announced.
    Made(Key),
    /// It takes over what is shared.
    Synchronized(Key),
    /// It becomes the primary key.
    Promoted(Key),
    /// Nothing.
    None(Answer),
}

impl Kms {
    /// Does what a message of `from` asks for, and answers it. Whatever is done is committed by then.
    ///
    /// # Errors
    /// [`Error`] when it could not be done; the Region will try again.
    pub async fn heed(&self, from: &Region, message: Message) -> Result<Answer, Error> {
        let (name, version) = (message.name(), message.version);
        match message.content {
            Content::Ask => self.view(name).await,
            Content::Primary(state) => self.heed_primary(from, name, version, *state).await,
            Content::Replica(state) => self.heed_replica(from, name, version, &state).await,
        }
    }

    async fn view(&self, name: KeyName) -> Result<Answer, Error> {
        let connection = self.store.connection().await?;
        let found = store::keys::find(&connection, &self.region, name).await?;
        Ok(Answer::Key(found.and_then(|found| {
            let MultiRegion { primary, replicas } = found.key.multi_region?;
            Some(Box::new(KeyView { state: found.key.state, policy: found.policy, primary, replicas }))
        })))
    }

    async fn heed_primary(
        &self,
        from: &Region,
        name: KeyName,
        version: i64,
        state: PrimaryState,
    ) -> Result<Answer, Error> {
        let at = KeyRow::new(&self.region, name);
        let transaction = self.store.begin().await?;
        let received = store::replications::received(&transaction, &at, from).await?;
        if version <= received.version {
            transaction.rollback().await?;
            return Ok(Answer::Superseded { version: received.version });
        }
        let key = store::keys::lock(&transaction, &self.region, name).await?;
        let effect = match key {
            None => self.make_replica(&transaction, from, name, &state, &received).await?,
            Some(key) if key.state == KeyState::Creating => {
                self.complete_replica(&transaction, &at, from, key, &state).await?
            }
            Some(_) if state.is_announcement => Effect::None(Answer::Exists),
            Some(key) => self.synchronize(&transaction, &at, from, key, &state).await?,
        };
        let (event, key) = match effect {
            Effect::None(answer) => {
                transaction.rollback().await?;
                return Ok(answer);
            }
            Effect::Made(key) => (KeyEvent::CreateReplica, key),
            Effect::Synchronized(key) => (KeyEvent::SynchronizeMultiRegionKey, key),
            Effect::Promoted(key) => (KeyEvent::UpdatePrimaryRegion, key),
        };
        let made = state.new_replica.as_ref().filter(|_| !state.is_announcement).map(|new| new.id);
        store::replications::note_received(&transaction, &at, from, Received { version, made }).await?;
        let held = held(&store::materials::of_key(&transaction, &at).await?);
        let changed = Changed::Key(name);
        announce(&transaction, &self.region, &changed).await?;
        self.commit_event(transaction, event, &key, self.now()).await?;
        self.directory.caches().forget(&changed);
        self.peers.wake();
        Ok(Answer::Done { held })
    }

    /// Makes a replica key that isn't here; in state Creating while it is only announced.
    async fn make_replica(
        &self,
        transaction: &Transaction,
        from: &Region,
        name: KeyName,
        state: &PrimaryState,
        received: &Received,
    ) -> Result<Effect, Error> {
        // It was made, and is deleted by now: it isn't made once more.
        let new = state.new_replica.as_ref().filter(|new| received.made != Some(new.id));
        let Some(new) = new else { return Ok(Effect::None(Answer::Gone)) };
        if state.primary != *from || !state.replicas.contains(&self.region) || !name.id.is_multi_region() {
            return Ok(refused("it is no replica key of this region that the primary region wants"));
        }
        let mut key = self.replica_of(name, state, new);
        key.state = KeyState::Creating;
        store::keys::insert(transaction, &self.region, &key, &new.policy).await?;
        let at = KeyRow::new(&self.region, name);
        store::tags::put(transaction, &at, &new.tags()).await?;
        if state.is_announcement {
            return Ok(Effect::Made(key));
        }
        match self.take_over(transaction, &at, &mut key, state).await? {
            Ok(()) => Ok(Effect::Made(key)),
            Err(reason) => Ok(refused(reason)),
        }
    }

    /// Completes a replica key that was announced.
    async fn complete_replica(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        from: &Region,
        mut key: Key,
        state: &PrimaryState,
    ) -> Result<Effect, Error> {
        let Some(new) = state.new_replica.as_ref().filter(|_| state.primary == *from) else {
            return Ok(refused("the key is being made"));
        };
        if !state.replicas.contains(&self.region) || !is_same_kind(&key, state) {
            return Ok(refused("it is another key than the one that was announced"));
        }
        if state.is_announcement {
            return Ok(Effect::Synchronized(key));
        }
        // What was announced may have been meant otherwise than what was then decided.
        store::keys::set_policy(transaction, at, &new.policy).await?;
        store::keys::set_description(transaction, at, &new.description).await?;
        let old = store::tags::list(transaction, at, "", i64::MAX).await?;
        let old: Vec<String> = old.into_iter().map(|tag| tag.tag_key).collect();
        store::tags::delete(transaction, at, &old).await?;
        store::tags::put(transaction, at, &new.tags()).await?;
        match self.take_over(transaction, at, &mut key, state).await? {
            Ok(()) => Ok(Effect::Synchronized(key)),
            Err(reason) => Ok(refused(reason)),
        }
    }

    /// Takes over what a key's primary key tells, if it is its primary key.
    async fn synchronize(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        from: &Region,
        mut key: Key,
        state: &PrimaryState,
    ) -> Result<Effect, Error> {
        let change = store::multi_region::primary_change(transaction, at).await?;
        let Some(regions) = key.multi_region.clone() else {
            return Ok(refused("it is another key than the one that is here"));
        };
        let is_member = regions.primary == *from || regions.replicas.contains(from);
        if !is_member || !is_same_kind(&key, state) {
            return Ok(refused("it is another key than the one that is here"));
        }
        let is_newer = state.epoch > change.epoch;
        if !is_newer && (state.epoch < change.epoch || regions.primary != *from) {
            let primary = regions.primary;
            return Ok(Effect::None(Answer::OtherPrimary { epoch: change.epoch, primary }));
        }
        let becomes_primary = is_newer && state.primary == self.region;
        if state.primary != *from && !becomes_primary {
            return Ok(refused("only a primary region speaks for itself"));
        }
        if let Err(reason) = self.take_over(transaction, at, &mut key, state).await? {
            return Ok(refused(reason));
        }
        if !becomes_primary {
            return Ok(Effect::Synchronized(key));
        }
        store::multi_region::forget_held(transaction, at).await?;
        self.tell_regions(transaction, &key).await?;
        Ok(Effect::Promoted(key))
    }

    /// Takes over all that is shared, or says why it can't be. Nothing may be committed then.
    async fn take_over(
        &self,
        transaction: &Transaction,
        at: &KeyRow,
        key: &mut Key,
        state: &PrimaryState,
    ) -> Result<Result<(), &'static str>, Error> {
        let facts: Vec<_> =
            state.materials.iter().map(|material| (material.facts(self.now()), &material.secret)).collect();
        let current = facts.iter().find(|(facts, _)| facts.state == KeyMaterialState::Current);
        if let Some((current, _)) = current {
            store::multi_region::demote_others(transaction, at, current.id).await?;
        }
        for (facts, secret) in &facts {
            let wrapped = match secret {
                Some(secret) => {
                    let material = KeyMaterial::new(key.id, secret.clone());
                    if material.id() != facts.id || key.origin != OriginType::AwsKms {
                        return Ok(Err("a material is not the one that it says to be"));
                    }
                    Some(self.wrap_material(key, &material)?)
                }
                None if facts.imported && key.origin == OriginType::External => None,
                None => return Ok(Err("a material is missing")),
            };
            store::multi_region::put_material(transaction, at, facts, wrapped.as_ref()).await?;
        }
        let regions = MultiRegion { primary: state.primary.clone(), replicas: state.replicas.clone() };
        store::multi_region::set_regions(transaction, at, &regions).await?;
        let change = PrimaryChange { epoch: state.epoch, updating_to: None };
        store::multi_region::set_primary_change(transaction, at, &change).await?;
        let (automatic, on_demand) = (state.rotation.automatic(), state.rotation.on_demand());
        store::multi_region::set_rotation(transaction, at, automatic, on_demand).await?;
        key.multi_region = Some(regions);
        let stored = store::materials::of_key(transaction, at).await?;
        // What only waited for its rotation, and was given up there, is given up here.
        for StoredMaterial { facts: known, .. } in stored.iter().filter(|known| !known.facts.is_permanent()) {
            if !facts.iter().any(|(told, _)| told.id == known.id) {
                store::materials::destroy(transaction, at, known).await?;
            }
        }
        let complete = is_complete(&stored, self.now());
        let next = match key.state {
            KeyState::Creating | KeyState::Updating | KeyState::Enabled if complete => KeyState::Enabled,
            KeyState::Creating | KeyState::Updating | KeyState::Enabled => KeyState::PendingImport,
            other => other,
        };
        if next != key.state {
            store::keys::set_state(transaction, at, next, None).await?;
            key.state = next;
        }
        Ok(Ok(()))
    }

    async fn heed_replica(
        &self,
        from: &Region,
        name: KeyName,
        version: i64,
        state: &ReplicaState,
    ) -> Result<Answer, Error> {
        let at = KeyRow::new(&self.region, name);
        let transaction = self.store.begin().await?;
        let received = store::replications::received(&transaction, &at, from).await?;
        if version <= received.version {
            transaction.rollback().await?;
            return Ok(Answer::Superseded { version: received.version });
        }
        let key = store::keys::lock(&transaction, &self.region, name).await?;
        let Some(key) = key else {
            transaction.rollback().await?;
            return Ok(Answer::Gone);
        };
        let Some(regions) = key.multi_region.as_ref() else {
            transaction.rollback().await?;
            return Ok(Answer::Refused { reason: "it is no multi-Region key here".to_owned() });
        };
        if regions.primary != self.region {
            let PrimaryChange { epoch, .. } = store::multi_region::primary_change(&transaction, &at).await?;
            let primary = regions.primary.clone();
            transaction.rollback().await?;
            return Ok(Answer::OtherPrimary { epoch, primary });
        }
        let mut rotated = None;
        if regions.replicas.contains(from) {
            rotated = if state.exists {
                let held: Vec<_> = state.held.iter().map(|held| held.0).collect();
                store::multi_region::set_held(&transaction, &at, from, &held).await?;
                self.advance_rotation(&transaction, &key).await?
            } else {
                self.remove_replica(&transaction, &key, from).await?
            };
        }
        let note = Received { version, made: None };
        store::replications::note_received(&transaction, &at, from, note).await?;
        let changed = Changed::Key(name);
        announce(&transaction, &self.region, &changed).await?;
        self.commit_rotation(transaction, rotated, &key).await?;
        self.directory.caches().forget(&changed);
        self.peers.wake();
        Ok(Answer::Done { held: Vec::new() })
    }

    fn replica_of(&self, name: KeyName, state: &PrimaryState, new: &NewReplica) -> Key {
        let KeyName { account, id } = name;
        let regions = MultiRegion { primary: state.primary.clone(), replicas: state.replicas.clone() };
        Key {
            id,
            account,
            arn: id.arn(&self.region, account).into(),
            state: KeyState::Creating,
            manager: KeyManagerType::Customer,
            spec: state.spec,
            usage: state.usage,
            origin: state.origin,
            description: new.description.as_str().into(),
            created_at: self.now(),
            deletion_date: None,
            pending_window_days: None,
            rotation: None,
            on_demand: OnDemandRotations::default(),
            multi_region: Some(regions),
            custom_store: None,
        }
    }
}

fn is_same_kind(key: &Key, state: &PrimaryState) -> bool {
    key.spec == state.spec && key.usage == state.usage && key.origin == state.origin
}

fn refused(reason: &str) -> Effect {
    Effect::None(Answer::Refused { reason: reason.to_owned() })
}

//! ReplicateKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html>
//!
//! The replica key is first announced to its Region, where it is visible in state `Creating` when this answers. That it is
//! to be completed is noted in the transaction of the request, and done by the delivery.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Region, Shown};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::create_key::shown_tag;
use super::key_access::{KeyChange, add_context_keys, change_key, on_key, show_key, unresolved};
use super::key_metadata::KeyMetadata;
use crate::domain::entry::KeyEntry;
use crate::domain::key::{Key, MultiRegion, OnDemandRotations};
use crate::domain::policy;
use crate::domain::state::KeyState;
use crate::domain::tags::{self, Tag};
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::regions::message::{Answer, Content, Message, NewReplica, PrimaryState, SharedRotation};
use crate::regions::peers::Peer;
use crate::service::Kms;
use crate::store;

pub(crate) struct ReplicateKey;

#[derive(Input)]
pub(crate) struct ReplicateKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=32, pattern = "^([a-z]+-){2,3}\\d+$")]
    replica_region: String,
    #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    #[member(length = 0..=8192)]
    description: Option<String>,
    #[member(shape)]
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplicateKeyOutput {
    replica_key_metadata: KeyMetadata,
    replica_policy: String,
    replica_tags: Vec<Tag>,
}

impl ReplicateKeyInput {
    fn region(&self) -> Result<Region, Error> {
        // Whatever has the form of a Region's name is one.
        Region::parse(&self.replica_region).map_err(|_| Error::Invalid("ReplicaRegion is no Region"))
    }

    fn tags(&self) -> &[Tag] {
        self.tags.as_deref().unwrap_or_default()
    }

    fn check(&self) -> Result<(), Error> {
        self.policy.as_deref().map_or(Ok(()), policy::check)?;
        tags::check(self.tags())
    }
}

impl Operation for ReplicateKey {
    type Service = Kms;
    type Input = ReplicateKeyInput;
    type Output = ReplicateKeyOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "ReplicateKey";
    const ACTION: &'static str = "kms:ReplicateKey";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &ReplicateKeyInput) -> Result<Arc<KeyEntry>, Error> {
        input.check()?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    /// The key there is made by the caller, too.
    fn accesses(_call: &Call, input: &ReplicateKeyInput, entry: &Arc<KeyEntry>) -> Accesses {
        let mut accesses = Accesses::from(on_key(Self::ACTION, entry));
        accesses.push(Access::any("kms:CreateKey"));
        if !input.tags().is_empty() {
            accesses.push(Access::any("kms:TagResource"));
        }
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &ReplicateKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &ReplicateKeyInput, entry: &Arc<KeyEntry>, keys: &mut ContextKeys) {
        add_context_keys(call, keys);
        keys.push("kms:MultiRegion", entry.key.id.is_multi_region().to_string());
        keys.push("kms:ReplicaRegion", input.replica_region.clone());
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ReplicateKeyOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        let region = input.region()?;
        let regions = replicable(kms, &entry.key, &region)?;
        let peer = kms.peers.get(&region).filter(|peer| peer.accounts.include(entry.key.account));
        let peer = peer.ok_or_else(|| Error::UnknownRegion(region.clone()))?;
        let policy = input.policy.clone().unwrap_or_else(|| policy::default_policy(entry.key.account));
        let description = input.description.clone().unwrap_or_default();
        let id = uuid::Builder::from_random_bytes(kms.random.bytes()?).into_uuid();
        let new = NewReplica::new(id, policy, description, input.tags());
        announce_replica(kms, entry, &peer, with_replica(regions, &region), new.clone()).await?;

        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        // It may have changed while the other Region was asked.
        let regions = with_replica(replicable(kms, &key, &region)?, &region);
        let key = Key { multi_region: Some(regions.clone()), ..key };
        store::multi_region::set_regions(transaction, &at, &regions).await?;
        kms.tell_regions(transaction, &key).await?;
        let wanted = serde_json::to_string(&new).map_err(|_| Error::Corrupt("a replica without a form"))?;
        store::replications::request(transaction, &at, &region, kms.now(), Some(&wanted)).await?;
        kms.wake_peers_after(work);
        Ok(ReplicateKeyOutput {
            replica_key_metadata: KeyMetadata::new(&replica_of(kms, key, &new, &region), &region, None),
            replica_policy: new.policy,
            replica_tags: input.tags().to_vec(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ReplicateKeyInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a ReplicateKeyOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("replicaRegion", input.replica_region.as_str())
            .push_opt_str("policy", input.policy.as_deref())
            .push_bool(
                "bypassPolicyLockoutSafetyCheck",
                input.bypass_policy_lockout_safety_check.unwrap_or(false),
            )
            .push_str("description", input.description.as_deref().unwrap_or_default());
        if let Some(tags) = &input.tags {
            shown.request.push_objects("tags", tags.iter().map(shown_tag));
        }
        show_key(shown, entry.map(|entry| &**entry));
        if let Some(output) = output {
            shown
                .response
                .push_object("replicaKeyMetadata", output.replica_key_metadata.shown())
                .push_str("replicaPolicy", output.replica_policy.as_str());
            if !output.replica_tags.is_empty() {
                shown.response.push_objects("replicaTags", output.replica_tags.iter().map(shown_tag));
            }
            let replica = &output.replica_key_metadata;
            shown.resource(replica.account_id(), KEY_RESOURCE, replica.arn());
        }
    }
}

/// Where the keys of a primary key are which can get a replica key in `region`.
fn replicable<'k>(kms: &Kms, key: &'k Key, region: &Region) -> Result<&'k MultiRegion, Error> {
    let regions =
        key.multi_region.as_ref().ok_or_else(|| Error::NotMultiRegion { arn: Arc::clone(&key.arn) })?;
    if regions.primary != kms.region {
        return Err(Error::NotPrimary { arn: Arc::clone(&key.arn) });
    }
    if key.state == KeyState::Updating {
        return Err(key.wrong_state());
    }
    key.check_usable()?;
    if regions.primary == *region || regions.replicas.contains(region) {
        return Err(Error::ReplicaExists { arn: key.id.arn(region, key.account) });
    }
    Ok(regions)
}

fn with_replica(regions: &MultiRegion, region: &Region) -> MultiRegion {
    let mut regions = regions.clone();
    regions.replicas.push(region.clone());
    regions
}

/// Announces the key to its Region, so that it is known there that there is none, and from now on that there is one.
async fn announce_replica(
    kms: &Kms,
    entry: &KeyEntry,
    peer: &Peer,
    regions: MultiRegion,
    new: NewReplica,
) -> Result<(), Error> {
    let (key, name) = (&entry.key, entry.name());
    let connection = kms.store.connection().await?;
    let change =
        store::multi_region::primary_change(&connection, &store::KeyRow::new(&kms.region, name)).await?;
    let version = store::replications::next_version(&connection).await?;
    drop(connection);
    let state = PrimaryState {
        epoch: change.epoch,
        primary: regions.primary,
        replicas: regions.replicas,
        spec: key.spec,
        usage: key.usage,
        origin: key.origin,
        rotation: SharedRotation::new(key.rotation, key.on_demand),
        materials: Vec::new(),
        new_replica: Some(new),
        is_announcement: true,
    };
    let message = Message::new(name, version, Content::Primary(Box::new(state)));
    let region = peer.region.clone();
    match kms.peers.ask(peer, &message).await.map_err(|cause| Error::Peer { region, cause })? {
        Answer::Done { .. } => Ok(()),
        Answer::Exists => Err(Error::ReplicaExists { arn: key.id.arn(&peer.region, key.account) }),
        Answer::Superseded { version } => {
            // The caller will try again, with a version above that.
            let connection = kms.store.connection().await?;
            store::replications::catch_up(&connection, version).await?;
            Err(refused(peer, "a newer message was heeded before"))
        }
        Answer::Refused { reason } => Err(refused(peer, &reason)),
        Answer::Gone | Answer::OtherPrimary { .. } | Answer::Key(_) => {
            Err(refused(peer, "it knows another key"))
        }
    }
}

fn refused(peer: &Peer, reason: &str) -> Error {
    Error::PeerRefused { region: peer.region.clone(), reason: reason.to_owned() }
}

/// The replica key as it is told of.
fn replica_of(kms: &Kms, key: Key, new: &NewReplica, region: &Region) -> Key {
    Key {
        arn: key.id.arn(region, key.account).into(),
        state: KeyState::Creating,
        description: new.description.as_str().into(),
        created_at: kms.now(),
        rotation: None,
        on_demand: OnDemandRotations::default(),
        ..key
    }
}

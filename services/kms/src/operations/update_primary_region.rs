//! UpdatePrimaryRegion.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html>
//!
//! The key is in state `Updating` until the other Region has confirmed that it has the primary key; the delivery asks it
//! to. There is one primary key at any time: until then this one, and then the other.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Region, Shown, Target};
use keywright_service::PostgresWork;

use super::key_access::{add_context_keys, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::key::Key;
use crate::domain::policy;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::regions::message::{Answer, Content, KeyView, Message};
use crate::service::Kms;
use crate::store;
use crate::store::multi_region::PrimaryChange;

pub(crate) struct UpdatePrimaryRegion;

#[derive(Input)]
pub(crate) struct UpdatePrimaryRegionInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=32, pattern = "^([a-z]+-){2,3}\\d+$")]
    primary_region: String,
}

/// The primary key, and the replica key that is to become it.
pub(crate) struct Pair {
    primary: Arc<KeyEntry>,
    region: Region,
    replica: Option<Replica>,
}

struct Replica {
    view: KeyView,
    target: Target,
}

impl Operation for UpdatePrimaryRegion {
    type Service = Kms;
    type Input = UpdatePrimaryRegionInput;
    type Output = Nothing;
    type Resource = Pair;
    type Error = Error;
    const NAME: &'static str = "UpdatePrimaryRegion";
    const ACTION: &'static str = "kms:UpdatePrimaryRegion";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &UpdatePrimaryRegionInput) -> Result<Pair, Error> {
        let region = Region::parse(&input.primary_region);
        let region = region.map_err(|_| Error::Invalid("PrimaryRegion is no Region"))?;
        let primary = kms.directory.resolve_key(&input.key_id, call.account()).await?;
        let replica = find_replica(kms, &primary, &region).await?;
        Ok(Pair { primary, region, replica })
    }

    /// Each of the two keys has its own policy.
    fn accesses(_call: &Call, _input: &UpdatePrimaryRegionInput, pair: &Pair) -> Accesses {
        let mut accesses = Accesses::from(on_key(Self::ACTION, &pair.primary));
        accesses
            .extend(pair.replica.as_ref().map(|replica| Access::new(Self::ACTION, replica.target.clone())));
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &UpdatePrimaryRegionInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &UpdatePrimaryRegionInput, pair: &Pair, keys: &mut ContextKeys) {
        add_context_keys(call, keys);
        keys.push("kms:MultiRegion", pair.primary.key.id.is_multi_region().to_string());
        keys.push("kms:PrimaryRegion", input.primary_region.clone());
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let Pair { primary, region, replica } = request.resource;
        let name = primary.name();
        let key = kms.change_customer_key(work, name, request.call, Self::ACTION).await?;
        check(kms, &key, region, replica.as_ref())?;
        let at = store::KeyRow::new(&kms.region, name);
        let transaction = work.transaction().await?;
        let change = store::multi_region::primary_change(transaction, &at).await?;
        let change = PrimaryChange { updating_to: Some(region.clone()), ..change };
        store::multi_region::set_primary_change(transaction, &at, &change).await?;
        store::keys::set_state(transaction, &at, KeyState::Updating, None).await?;
        store::replications::request(transaction, &at, region, kms.now(), None).await?;
        kms.wake_peers_after(work);
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdatePrimaryRegionInput,
        pair: Option<&'a Pair>,
        output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("primaryRegion", input.primary_region.as_str());
        if let (Some(pair), Some(_)) = (pair, output) {
            shown.response.push_str("keyId", &*pair.primary.key.arn);
        }
        show_key(shown, pair.map(|pair| &*pair.primary));
    }
}

/// The replica key, as its Region tells of it; none where there can't be any.
async fn find_replica(kms: &Kms, primary: &KeyEntry, region: &Region) -> Result<Option<Replica>, Error> {
    let Some(peer) = kms.peers.get(region) else { return Ok(None) };
    if !primary.key.multi_region.as_ref().is_some_and(|regions| regions.replicas.contains(region)) {
        return Ok(None);
    }
    let answer = kms.peers.ask(&peer, &Message::new(primary.name(), 0, Content::Ask)).await;
    match answer.map_err(|cause| Error::Peer { region: region.clone(), cause })? {
        Answer::Key(None) => Ok(None),
        Answer::Key(Some(view)) => {
            let arn: Arc<str> = primary.key.id.arn(region, primary.key.account).into();
            let own = primary.target();
            // It is decided as on the primary key.
            let policy = own.policy.is_some().then(|| policy::compile(&view.policy, &arn)).transpose()?;
            let target = Target { arn, policy, ..own };
            Ok(Some(Replica { view: *view, target }))
        }
        _ => Err(Error::PeerRefused { region: region.clone(), reason: "it tells of no key".to_owned() }),
    }
}

fn check(kms: &Kms, key: &Key, region: &Region, replica: Option<&Replica>) -> Result<(), Error> {
    let arn = || Arc::clone(&key.arn);
    let regions = key.multi_region.as_ref().ok_or_else(|| Error::NotMultiRegion { arn: arn() })?;
    if regions.primary != kms.region {
        return Err(Error::NotPrimary { arn: arn() });
    }
    if key.state == KeyState::Updating {
        return Err(key.wrong_state());
    }
    key.check_usable()?;
    if regions.primary == *region {
        return Err(Error::Unsupported("The key in this Region is the primary key already"));
    }
    let there = key.id.arn(region, key.account);
    let replica = replica.filter(|_| regions.replicas.contains(region));
    let replica = replica.ok_or_else(|| Error::KeyNotFound { arn: there.clone() })?;
    match replica.view.state {
        KeyState::Enabled => Ok(()),
        KeyState::Disabled => Err(Error::KeyDisabled { arn: there.into() }),
        state => Err(Error::KeyState { arn: there.into(), state }),
    }
}

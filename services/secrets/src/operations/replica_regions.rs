//! Regions in requests, and how it is with their replicas in answers.

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Input, Region, Shown};
use keywright_crypto::RandomExt as _;
use serde::Serialize;

use super::wire::day;
use crate::domain::replica::{Replica, ReplicaStatus};
use crate::domain::secret::{MANAGED_KEY, customer_key};
use crate::domain::storable::storable;
use crate::error::Error;
use crate::service::Secrets;

/// A Region to replicate to:
/// [ReplicaRegionType](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html).
#[derive(Input)]
pub struct ReplicaRegion {
    /// The Region.
    #[member(length = 1..=128, pattern = r"^([a-z]+-)+\d+$")]
    pub region: Option<String>,
    /// The KMS key there.
    #[member(length = 0..=2048)]
    pub kms_key_id: Option<String>,
}

/// How it is with a replica:
/// [ReplicationStatusType](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicationStatusType.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplicationStatus {
    region: String,
    kms_key_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accessed_date: Option<Timestamp>,
}

impl ReplicationStatus {
    /// Tells of all replicas; nothing where there are none.
    #[must_use]
    pub fn of_all(replicas: &[Replica]) -> Vec<Self> {
        replicas.iter().map(Self::of).collect()
    }

    fn of(replica: &Replica) -> Self {
        Self {
            region: replica.region.to_string(),
            kms_key_id: replica.kms_key_id.clone().unwrap_or_else(|| MANAGED_KEY.to_owned()),
            status: replica.status.as_str(),
            status_message: replica.message.clone(),
            last_accessed_date: replica.last_accessed_on.map(day),
        }
    }
}

/// The replicas that a request wants, beside those that there are. One that is as it is wanted isn't among them, one that
/// isn't is tried anew.
pub(super) fn wanted(
    service: &Secrets,
    regions: &[ReplicaRegion],
    overwrites: Option<bool>,
    present: &[Replica],
) -> Result<Vec<Replica>, Error> {
    let mut wanted: Vec<Replica> = Vec::with_capacity(regions.len());
    for asked in regions {
        let region = asked.region.as_deref();
        let region = region.ok_or(Error::InvalidParameter("A replica region must have a Region."))?;
        let region = known(service, region)?;
        if wanted.iter().any(|replica| replica.region == region) {
            return Err(refused(region.as_str(), "it is named more than once"));
        }
        let key = customer_key(storable(asked.kms_key_id.as_deref().unwrap_or_default())?);
        let replication = match present.iter().find(|replica| replica.region == region) {
            Some(replica) if replica.is_made && replica.kms_key_id.as_deref() != key => {
                let reason = "there is a replica, whose KMS key is changed by UpdateSecret in its Region";
                return Err(refused(region.as_str(), reason));
            }
            Some(replica) if replica.status == ReplicaStatus::InSync => {
                wanted.push(replica.clone());
                continue;
            }
            Some(replica) => replica.clone(),
            None => Replica {
                region,
                replication: uuid::Builder::from_random_bytes(service.random.bytes()?).into_uuid(),
                kms_key_id: None,
                overwrites: false,
                is_made: false,
                status: ReplicaStatus::InProgress,
                message: None,
                last_accessed_on: None,
            },
        };
        wanted.push(Replica {
            kms_key_id: key.map(str::to_owned),
            overwrites: overwrites.unwrap_or(false),
            status: ReplicaStatus::InProgress,
            message: None,
            ..replication
        });
    }
    wanted.retain(|replica| replica.status != ReplicaStatus::InSync);
    Ok(wanted)
}

/// A Region that can be replicated to.
fn known(service: &Secrets, name: &str) -> Result<Region, Error> {
    let region = Region::parse(name).map_err(|_| refused(name, UNKNOWN))?;
    if region == service.region {
        return Err(refused(name, "the primary secret is there"));
    }
    service.peers.get(&region).map(|peer| peer.region.clone()).ok_or_else(|| refused(name, UNKNOWN))
}

fn refused(region: &str, reason: &'static str) -> Error {
    Error::NoReplicaRegion { region: region.to_owned(), reason }
}

/// The condition keys of Regions in a request.
pub(super) fn add_replica_keys(keys: &mut ContextKeys, regions: &[ReplicaRegion], overwrites: Option<bool>) {
    for region in regions.iter().filter_map(|asked| asked.region.as_ref()) {
        keys.push("secretsmanager:AddReplicaRegions", region.clone());
    }
    if let Some(overwrites) = overwrites {
        keys.push("secretsmanager:ForceOverwriteReplicaSecret", overwrites.to_string());
    }
}

/// What the record shows of Regions in a request.
pub(super) fn show_replicas<'a>(
    shown: &mut Shown<'a>,
    regions: Option<&'a [ReplicaRegion]>,
    overwrites: Option<bool>,
) {
    if let Some(regions) = regions {
        let objects = regions.iter().map(|asked| {
            let mut object = Fields::new();
            object.push_opt_str("region", asked.region.as_deref());
            object.push_opt_str("kmsKeyId", asked.kms_key_id.as_deref());
            object
        });
        shown.request.push_objects("addReplicaRegions", objects);
    }
    if let Some(overwrites) = overwrites {
        shown.request.push_bool("forceOverwriteReplicaSecret", overwrites);
    }
}

/// What the record shows of how it is with replicas.
pub(super) fn show_statuses<'a>(shown: &mut Shown<'a>, statuses: &'a [ReplicationStatus]) {
    let objects = statuses.iter().map(|status| {
        let mut object = Fields::new();
        object.push_str("region", &status.region).push_str("kmsKeyId", &status.kms_key_id);
        object.push_str("status", status.status);
        object.push_opt_str("statusMessage", status.status_message.as_deref());
        object
    });
    shown.response.push_objects("replicationStatus", objects);
}

const UNKNOWN: &str = "it is not a Region of this installation";

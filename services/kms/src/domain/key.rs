//! A key's metadata.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region, wire_enum};
use time::OffsetDateTime;

use super::key_id::KeyId;
use super::key_spec::{KeySpec, KeyUsageType};
use super::state::KeyState;

/// All that is known of a key but its materials, its policy and what hangs on it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: Arc<str>,
    /// What may be done with it now.
    pub state: KeyState,
    /// Who manages it.
    pub manager: KeyManagerType,
    /// The kind of its material.
    pub spec: KeySpec,
    /// What it is for.
    pub usage: KeyUsageType,
    /// Where its material comes from.
    pub origin: OriginType,
    /// What its owner says about it.
    pub description: Box<str>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its material will be destroyed.
    pub deletion_date: Option<OffsetDateTime>,
    /// The waiting period that was asked for, in days, while it is pending deletion.
    pub pending_window_days: Option<i32>,
    /// Its automatic rotation, where that is on.
    pub rotation: Option<AutomaticRotation>,
    /// Its on-demand rotations.
    pub on_demand: OnDemandRotations,
    /// Where its primary and replica keys are, for a multi-Region key.
    pub multi_region: Option<MultiRegion>,
    /// The custom key store that holds its material.
    pub custom_store: Option<CustomStoreKey>,
}

/// The automatic rotation of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutomaticRotation {
    /// From one rotation to the next, in days: 90 to 2560.
    pub period_days: i32,
    /// When the next one is due.
    pub next: OffsetDateTime,
}

/// The on-demand rotations of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnDemandRotations {
    /// How many there were, of at most 25.
    pub count: i32,
    /// When the one that isn't completed yet was asked for.
    pub started_at: Option<OffsetDateTime>,
}

/// The Regions of a multi-Region key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiRegion {
    /// Where the primary key is.
    pub primary: Region,
    /// Where replica keys are.
    pub replicas: Vec<Region>,
}

/// What names a key's material in a custom key store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomStoreKey {
    /// The store.
    pub store_id: Box<str>,
    /// The external key's id, for a key in an external key store.
    pub xks_key_id: Option<Box<str>>,
}

wire_enum! {
    /// Who manages a key.
    pub enum KeyManagerType {
        /// A service, for its customers.
        Aws = "AWS",
        /// The account.
        Customer = "CUSTOMER",
    }
}

wire_enum! {
    /// Where a key's material comes from.
    pub enum OriginType {
        /// Made here.
        AwsKms = "AWS_KMS",
        /// Imported.
        External = "EXTERNAL",
        /// In a CloudHSM key store.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// In an external key store.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

wire_enum! {
    /// What a multi-Region key is in its Region.
    pub enum MultiRegionKeyType {
        /// The one whose shared properties can be changed.
        Primary = "PRIMARY",
        /// A copy of it.
        Replica = "REPLICA",
    }
}

impl Key {
    /// Whether it is the primary key in `region` of replica keys elsewhere.
    #[must_use]
    pub fn has_replicas(&self, region: &Region) -> bool {
        self.multi_region
            .as_ref()
            .is_some_and(|regions| regions.primary == *region && !regions.replicas.is_empty())
    }

    /// Whether it is a replica key of a primary key in another Region than `region`.
    #[must_use]
    pub fn is_replica(&self, region: &Region) -> bool {
        self.multi_region.as_ref().is_some_and(|regions| regions.primary != *region)
    }
}

impl MultiRegion {
    /// What the key in `region` is.
    #[must_use]
    pub fn key_type(&self, region: &Region) -> MultiRegionKeyType {
        if self.primary == *region { MultiRegionKeyType::Primary } else { MultiRegionKeyType::Replica }
    }
}

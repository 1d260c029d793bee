//! A secret, but for its values.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::name::{SecretName, Suffix};
use super::replica::{ReplicaOf, region_of};
use super::resource_policy::ResourcePolicy;
use super::stages::Stages;
use super::tags::Tag;
use crate::error::Error;
use crate::rotation::state::Rotation;

/// A secret's metadata, with its labels and tags.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its key in the database.
    pub id: Uuid,
    /// The account it belongs to.
    pub account: AccountId,
    /// Its name.
    pub name: SecretName,
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its description, where it has one.
    pub description: Option<String>,
    /// The KMS key as the caller named it; none for the AWS managed key.
    pub kms_key_id: Option<String>,
    /// The service that manages it.
    pub owning_service: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When anything of it was last changed.
    pub last_changed_at: OffsetDateTime,
    /// The day on which a value of it was last read.
    pub last_accessed_on: Option<Date>,
    /// Whether it waits for its deletion.
    pub deletion: Option<Deletion>,
    /// Its labels.
    pub stages: Stages,
    /// Its tags, by key.
    pub tags: Vec<Tag>,
    /// Its resource policy.
    pub policy: Option<ResourcePolicy>,
    /// How it is rotated, where that was ever set up.
    pub rotation: Option<Rotation>,
    /// Of a replica: where it comes from.
    pub replica_of: Option<ReplicaOf>,
    /// Of a primary secret: the Regions that it is replicated to, in order.
    pub replica_regions: Vec<Region>,
}

/// A secret, whatever its Region: what the ARNs of a primary secret and of its replicas share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSubject {
    /// The account.
    pub account: AccountId,
    /// The name.
    pub name: SecretName,
    /// What the ARN has behind the name.
    pub suffix: Suffix,
}

/// A deletion that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When it was asked for.
    pub deleted_at: OffsetDateTime,
    /// From when on the secret is gone.
    pub deletion_date: OffsetDateTime,
}

impl Secret {
    /// The same secret, if it doesn't wait for its deletion.
    ///
    /// # Errors
    /// [`Error::MarkedForDeletion`].
    pub fn active(&self) -> Result<&Self, Error> {
        if self.deletion.is_some() { Err(Error::MarkedForDeletion) } else { Ok(self) }
    }

    /// The same secret, if it is no replica, which only its primary secret changes.
    ///
    /// # Errors
    /// [`Error::OnReplica`].
    pub fn own(&self) -> Result<&Self, Error> {
        if self.replica_of.is_some() { Err(Error::OnReplica) } else { Ok(self) }
    }

    /// The Region of the primary secret, if this secret is in several Regions.
    #[must_use]
    pub fn primary_region(&self) -> Option<&str> {
        match &self.replica_of {
            Some(replica) => Some(replica.primary.as_str()),
            None if self.replica_regions.is_empty() => None,
            None => Some(region_of(&self.arn)),
        }
    }

    /// The secret whatever its Region.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for an ARN that has no suffix.
    pub fn subject(&self) -> Result<SecretSubject, Error> {
        let suffix = self.arn.rsplit('-').next().and_then(Suffix::parse).ok_or(Error::Corrupt("suffix"))?;
        Ok(SecretSubject { account: self.account, name: self.name.clone(), suffix })
    }
}

/// The KMS key id of a request as it is kept: empty, and the AWS managed key's alias, mean the AWS managed key.
#[must_use]
pub fn customer_key(kms_key_id: &str) -> Option<&str> {
    let managed = kms_key_id.is_empty() || kms_key_id == MANAGED_KEY;
    (!managed).then_some(kms_key_id)
}

/// The AWS managed key, which KMS makes at its first use.
pub const MANAGED_KEY: &str = "alias/aws/secretsmanager";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_managed_key_is_kept_as_none() {
        assert_eq!(customer_key(""), None);
        assert_eq!(customer_key("alias/aws/secretsmanager"), None);
        assert_eq!(customer_key("alias/app"), Some("alias/app"));
    }
}

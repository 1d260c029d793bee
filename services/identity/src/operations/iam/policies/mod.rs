//! Managed policies.

mod entities;
mod lifecycle;
mod policy_out;
mod subjects;
mod tags;
mod versions;

pub(super) use entities::{EntityType, ListEntitiesForPolicy};
pub(super) use lifecycle::{CreatePolicy, DeletePolicy, GetPolicy, ListPolicies};
pub(super) use policy_out::{PolicyOut, VersionOut};
pub(super) use tags::{ListPolicyTags, TagPolicy, UntagPolicy};
pub(super) use versions::{
    CreatePolicyVersion, DeletePolicyVersion, GetPolicyVersion, ListPolicyVersions, SetDefaultPolicyVersion,
};

use keywright_aws_api::wire_enum;

use super::define::recorded_enum;
use crate::domain::policy::IdentityPolicyText;
use crate::domain::quota::{Quota, policy_size};
use crate::error::IdentityError;

wire_enum! {
    /// [PolicyUsageType](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html): what a policy does
    /// for an identity.
    pub(crate) enum PolicyUsage {
        /// It gives.
        PermissionsPolicy = "PermissionsPolicy",
        /// It bounds.
        PermissionsBoundary = "PermissionsBoundary",
    }
}
recorded_enum!(PolicyUsage);

/// The text of a managed policy.
///
/// # Errors
/// [`IdentityError::Policy`] for what is none, [`IdentityError::LimitExceeded`] for one that is too long.
fn policy_text(document: &str) -> Result<IdentityPolicyText, IdentityError> {
    if policy_size(document) > Quota::POLICY_SIZE.most {
        return Err(IdentityError::LimitExceeded(Quota::POLICY_SIZE));
    }
    Ok(IdentityPolicyText::parse(document)?)
}

//! A managed policy as what an operation is about.

use keywright_aws_api::AccountId;
use keywright_aws_api::context::ContextKeys;
use keywright_store::Connection;

use crate::directory::Directory;
use crate::domain::managed_policy::{ManagedPolicy, VersionId, is_policy_arn, policy_arn};
use crate::domain::names::{Path, PolicyName};
use crate::domain::random_text::unique_id;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError};
use crate::operations::iam::operation::Subject;
use crate::store::managed_policies;

/// The ARN of a managed policy.
pub(crate) struct PolicyArn(String);

impl PolicyArn {
    /// # Errors
    /// [`IdentityError::InvalidInput`] for another text.
    pub(crate) fn parse(text: &str) -> Result<Self, IdentityError> {
        if is_policy_arn(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdentityError::InvalidInput(format!("ARN {text} is not valid.")))
        }
    }
}

impl Subject for ManagedPolicy {
    type Name = PolicyArn;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        PolicyArn(arn): PolicyArn,
    ) -> Result<Self, IdentityError> {
        let found = managed_policies::find(connection, account, &arn).await?;
        found.ok_or(IdentityError::NoSuchEntity(Entity::Policy(arn)))
    }

    fn arn(&self) -> String {
        self.arn.clone()
    }

    fn arn_of(_: AccountId, PolicyArn(arn): &PolicyArn) -> String {
        arn.clone()
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(RESOURCE_TYPE)
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        for (key, value) in &self.tags {
            keys.push(format!("aws:ResourceTag/{key}"), value.clone());
        }
    }
}

/// A policy of the account, which its operations may change.
///
/// # Errors
/// [`IdentityError::PolicyOfAws`] for those that every account finds.
pub(super) fn own(policy: &ManagedPolicy) -> Result<AccountId, IdentityError> {
    policy.account.ok_or_else(|| IdentityError::PolicyOfAws(policy.arn.clone()))
}

/// A policy that is to be made, as yet without tags and description.
pub(crate) struct NewPolicy {
    /// The account.
    pub(crate) account: AccountId,
    /// The policy.
    pub(crate) policy: ManagedPolicy,
}

/// How it is to be called.
pub(crate) struct NewPolicyName {
    /// The name.
    pub(crate) name: PolicyName,
    /// The path.
    pub(crate) path: Path,
}

impl Subject for NewPolicy {
    type Name = NewPolicyName;

    async fn find(
        directory: &Directory,
        _: &Connection,
        account: AccountId,
        NewPolicyName { name, path }: NewPolicyName,
    ) -> Result<Self, IdentityError> {
        let now = directory.clock.now();
        let policy = ManagedPolicy {
            arn: policy_arn(account, &path, &name),
            id: unique_id("ANPA", directory.random.as_ref())?,
            account: Some(account),
            name,
            path,
            default_version: VersionId::FIRST,
            description: None,
            tags: Tags::new(),
            created_at: now,
            updated_at: now,
            attachments: 0,
            boundaries: 0,
        };
        Ok(Self { account, policy })
    }

    fn arn(&self) -> String {
        self.policy.arn.clone()
    }

    fn arn_of(account: AccountId, NewPolicyName { name, path }: &NewPolicyName) -> String {
        policy_arn(account, path, name)
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(RESOURCE_TYPE)
    }
}

const RESOURCE_TYPE: &str = "AWS::IAM::ManagedPolicy";

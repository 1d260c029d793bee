//! Managed policies and their versions as answers show them.

use keywright_audit_log::Fields;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use serde::Serialize;

use crate::domain::managed_policy::{ManagedPolicy, PolicyVersion};
use crate::operations::iam::identity_out::url_encoded;
use crate::operations::iam::tag::{self, Tag};

/// [Policy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyOut {
    pub(super) policy_name: String,
    pub(super) policy_id: String,
    pub(super) arn: String,
    path: String,
    default_version_id: String,
    attachment_count: i64,
    permissions_boundary_usage_count: i64,
    is_attachable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    create_date: Timestamp,
    update_date: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    #[serde(rename = "PolicyVersionList", skip_serializing_if = "Option::is_none")]
    versions: Option<Vec<VersionOut>>,
}

impl PolicyOut {
    /// As in a list: without description and tags.
    pub(crate) fn listed(policy: ManagedPolicy) -> Self {
        Self {
            policy_name: policy.name.to_string(),
            policy_id: policy.id,
            arn: policy.arn,
            path: policy.path.to_string(),
            default_version_id: policy.default_version.to_string(),
            attachment_count: policy.attachments,
            permissions_boundary_usage_count: policy.boundaries,
            is_attachable: true,
            description: None,
            create_date: policy.created_at.into(),
            update_date: policy.updated_at.into(),
            tags: Vec::new(),
            versions: None,
        }
    }

    /// As in a report on the account: without tags, but with the texts.
    pub(crate) fn with_versions(policy: ManagedPolicy, versions: Vec<PolicyVersion>) -> Self {
        let versions = Some(versions.into_iter().map(VersionOut::whole).collect());
        Self { versions, ..Self::described(policy) }
    }

    fn described(mut policy: ManagedPolicy) -> Self {
        let description = policy.description.take();
        Self { description, ..Self::listed(policy) }
    }

    /// What the record shows of one that was made.
    pub(super) fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields
            .push_str("policyName", &*self.policy_name)
            .push_str("policyId", &*self.policy_id)
            .push_str("arn", &*self.arn)
            .push_str("path", &*self.path)
            .push_str("defaultVersionId", &*self.default_version_id)
            .push_str("createDate", shown_time(self.create_date.to_offset_date_time()))
            .push_str("updateDate", shown_time(self.update_date.to_offset_date_time()));
        fields
    }

    /// All of it.
    pub(crate) fn whole(policy: ManagedPolicy) -> Self {
        let tags = tag::listed(&policy.tags);
        Self { tags, ..Self::described(policy) }
    }
}

/// [PolicyVersion](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    pub(super) version_id: String,
    is_default_version: bool,
    create_date: Timestamp,
}

impl VersionOut {
    /// Without its text, as in lists.
    pub(crate) fn listed(version: PolicyVersion) -> Self {
        Self {
            document: None,
            version_id: version.id.to_string(),
            is_default_version: version.is_default,
            create_date: version.created_at.into(),
        }
    }

    /// What the record shows of one that was made.
    pub(super) fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields
            .push_str("versionId", &*self.version_id)
            .push_bool("isDefaultVersion", self.is_default_version)
            .push_str("createDate", shown_time(self.create_date.to_offset_date_time()));
        fields
    }

    /// With its text.
    pub(crate) fn whole(version: PolicyVersion) -> Self {
        Self { document: Some(url_encoded(&version.document)), ..Self::listed(version) }
    }
}

//! Policies as answers show them.

use serde::Serialize;

use crate::domain::parameter::Metadata;
use crate::domain::policies::PolicyType;
use crate::store::policies::StoredPolicies;

/// A [ParameterInlinePolicy](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterInlinePolicy.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    policy_text: String,
    policy_type: PolicyType,
    policy_status: String,
}

impl InlinePolicy {
    /// Those of one version.
    #[must_use]
    pub fn of_version(policies: &StoredPolicies, version: &Metadata) -> Vec<Self> {
        let shown = policies.of_version(version).map(|policy| Self {
            policy_text: policy.text.clone(),
            policy_type: policy.policy_type,
            policy_status: policy.status.clone(),
        });
        shown.collect()
    }
}

//! Grants as requests name them and answers list them.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html>

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Input, Region};
use serde::Serialize;

use super::wire::SharedText;
use crate::domain::grant::{ContextPairs, Grant, GrantConstraints, GrantOperation, root_arn};
use crate::store::grants::GrantOnKey;

/// The constraints of a grant, as a request has them.
#[derive(Input)]
pub(crate) struct GrantConstraintsInput {
    encryption_context_subset: Option<ContextPairs>,
    encryption_context_equals: Option<ContextPairs>,
}

impl GrantConstraintsInput {
    pub(crate) fn constraints(&self) -> GrantConstraints {
        GrantConstraints {
            equals: self.encryption_context_equals.clone(),
            subset: self.encryption_context_subset.clone(),
        }
    }

    /// The encryption contexts in them.
    pub(crate) fn contexts(&self) -> [Option<&ContextPairs>; 2] {
        [self.encryption_context_equals.as_ref(), self.encryption_context_subset.as_ref()]
    }

    /// As CloudTrail shows them.
    pub(crate) fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        for (name, pairs) in
            ["encryptionContextEquals", "encryptionContextSubset"].into_iter().zip(self.contexts())
        {
            if let Some(pairs) = pairs {
                fields.push_map(name, pairs);
            }
        }
        fields
    }
}

/// One page of grants.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GrantPage {
    grants: Vec<GrantListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GrantListEntry {
    key_id: SharedText,
    grant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    creation_date: Timestamp,
    grantee_principal: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_principal: Option<SharedText>,
    issuing_account: String,
    operations: Vec<GrantOperation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<GrantConstraintsEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GrantConstraintsEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<ContextPairs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<ContextPairs>,
}

impl GrantPage {
    /// A page with the token for the rest, where there is one.
    pub(crate) fn new(
        grants: impl IntoIterator<Item = GrantOnKey>,
        region: &Region,
        next_marker: Option<String>,
    ) -> Self {
        let grants = grants.into_iter().map(|GrantOnKey { key, grant }| {
            GrantListEntry::new(grant, key.id.arn(region, key.account).into())
        });
        Self { grants: grants.collect(), truncated: next_marker.is_some(), next_marker }
    }
}

impl GrantListEntry {
    fn new(grant: Grant, key_arn: Arc<str>) -> Self {
        let GrantConstraints { equals, subset } = grant.constraints;
        let constraints = (equals.is_some() || subset.is_some()).then_some(GrantConstraintsEntry {
            encryption_context_subset: subset,
            encryption_context_equals: equals,
        });
        Self {
            key_id: SharedText(key_arn),
            grant_id: grant.id.to_string(),
            name: grant.name,
            creation_date: grant.created_at.into(),
            grantee_principal: SharedText(grant.grantee),
            retiring_principal: grant.retiring.map(SharedText),
            issuing_account: root_arn(grant.issuing_account.as_str()),
            operations: grant.operations.iter().collect(),
            constraints,
        }
    }
}

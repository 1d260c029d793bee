//! A question with its policies, in the form of `corpus/README.md`, put to the evaluator.

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_policy::{
    AllowedBy, Decision, Explanation, Grant, Policies, Policy, PolicyDocument, PolicyError, PolicyKind,
    Principal, Refusal, Request, ResourcePolicyRule, decide, explain,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Asked {
    pub(crate) principal: Who,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_account: String,
    pub(crate) context: BTreeMap<String, OneOrMany>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Who {
    pub(crate) r#type: String,
    pub(crate) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// The policies that apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Texts {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) identity: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<Value>,
    pub(crate) resource_policy_required: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) grants: Vec<Granted>,
}

/// A grant that applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    id: String,
    grantee: String,
}

/// What is decided, and by which kind of policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) decision: String,
    pub(crate) by: String,
}

impl Who {
    pub(crate) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    fn principal(&self) -> Principal {
        let account = self.account();
        let issuer = || self.issuer.clone().unwrap();
        match self.r#type.as_str() {
            "root" => Principal::root(&self.arn, account),
            "user" => Principal::user(&self.arn, account),
            "role" => Principal::role_session(&self.arn, issuer(), account),
            "federatedUser" => Principal::federated_user(&self.arn, issuer(), account),
            "service" => Principal::service(&self.arn),
            "identityProvider" => Principal::identity_provider(&self.arn),
            other => panic!("no such type of principal: {other}"),
        }
    }
}

/// What the evaluator decides.
pub(crate) fn decided(asked: &Asked, texts: &Texts) -> Result<(Outcome, Explanation), PolicyError> {
    let principal = asked.principal.principal();
    let context: BTreeMap<_, _> =
        asked.context.iter().map(|(key, value)| (key.clone(), value.values().to_vec())).collect();
    let request = Request {
        principal: &principal,
        action: &asked.action,
        resource: &asked.resource,
        context: &context,
    };
    let identity = policies(&texts.identity, PolicyKind::Identity)?;
    let session = texts.session.as_ref().map(|texts| policies(texts, PolicyKind::Session)).transpose()?;
    let boundary = texts.boundary.as_ref().map(|text| policy(text, PolicyKind::Boundary)).transpose()?;
    let resource = texts.resource.as_ref().map(|text| policy(text, PolicyKind::Resource)).transpose()?;
    let grant = |granted: &Granted| Grant {
        id: granted.id.as_str().into(),
        grantee: granted.grantee.as_str().into(),
    };
    let grants: Vec<_> = texts.grants.iter().map(grant).collect();
    let rule = if texts.resource_policy_required {
        ResourcePolicyRule::Required
    } else {
        ResourcePolicyRule::Additional
    };
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_ref(),
        session: session.as_deref(),
        resource: resource.as_ref(),
        resource_rule: rule,
        grants: &grants,
    };
    let found = outcome(&decide(&request, &policies, &asked.resource_account));
    let explained = explain(&request, &policies, &asked.resource_account);
    assert_eq!(outcome(&explained.decision), found, "{explained}");
    Ok((found, explained))
}

fn policy(text: &Value, kind: PolicyKind) -> Result<Policy, PolicyError> {
    let document = PolicyDocument::parse(&text.to_string())?;
    document.check_kind(kind)?;
    Ok(Policy::compile(&document, kind.name()))
}

fn policies(texts: &[Value], kind: PolicyKind) -> Result<Vec<Arc<Policy>>, PolicyError> {
    texts.iter().map(|text| policy(text, kind).map(Arc::new)).collect()
}

fn outcome(decision: &Decision) -> Outcome {
    let (decision, by) = match decision {
        Decision::Allow { by: AllowedBy::AccountRoot } => ("allow", "account root"),
        Decision::Allow { by: AllowedBy::Grant { .. } } => ("allow", "grant"),
        Decision::Allow { by: AllowedBy::Statement { kind, .. } } => ("allow", kind.name()),
        Decision::Deny(Refusal::ExplicitDeny { kind, .. }) => ("explicitDeny", kind.name()),
        Decision::Deny(Refusal::Implicit { lacking }) => ("implicitDeny", lacking.name()),
    };
    Outcome { decision: decision.to_owned(), by: by.to_owned() }
}

//! Runs the decisions of `corpus/*.json`.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use keywright_policy::{
    AllowedBy, Decision, Grant, Policies, Policy, PolicyDocument, PolicyKind, Principal, Refusal, Request,
    ResourcePolicyRule, decide, explain,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    request: Asked,
    policies: Texts,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    principal: Who,
    action: String,
    resource: String,
    resource_account: String,
    context: BTreeMap<String, OneOrMany>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    r#type: String,
    arn: String,
    issuer: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
struct Texts {
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Vec<Value>>,
    resource: Option<Value>,
    resource_policy_required: bool,
    grants: Vec<Granted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    id: String,
    grantee: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    decision: String,
    by: String,
}

impl Who {
    fn principal(&self) -> Principal {
        let account = self.arn.split(':').nth(4).unwrap_or_default();
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

fn policy(text: &Value, kind: PolicyKind) -> Policy {
    let document = PolicyDocument::parse(&text.to_string()).unwrap();
    document.check_kind(kind).unwrap();
    Policy::compile(&document, kind.name())
}

fn policies(texts: &[Value], kind: PolicyKind) -> Vec<Arc<Policy>> {
    texts.iter().map(|text| Arc::new(policy(text, kind))).collect()
}

fn outcome(decision: &Decision) -> Expected {
    let (decision, by) = match decision {
        Decision::Allow { by: AllowedBy::AccountRoot } => ("allow", "account root"),
        Decision::Allow { by: AllowedBy::Grant { .. } } => ("allow", "grant"),
        Decision::Allow { by: AllowedBy::Statement { kind, .. } } => ("allow", kind.name()),
        Decision::Deny(Refusal::ExplicitDeny { kind, .. }) => ("explicitDeny", kind.name()),
        Decision::Deny(Refusal::Implicit { lacking }) => ("implicitDeny", lacking.name()),
    };
    Expected { decision: decision.to_owned(), by: by.to_owned() }
}

fn run(case: &Case) -> Result<(), String> {
    let Case { request: asked, policies: texts, .. } = case;
    let principal = asked.principal.principal();
    let values = |value: &OneOrMany| match value {
        OneOrMany::One(text) => vec![text.clone()],
        OneOrMany::Many(texts) => texts.clone(),
    };
    let context: BTreeMap<_, _> =
        asked.context.iter().map(|(key, value)| (key.clone(), values(value))).collect();
    let request = Request {
        principal: &principal,
        action: &asked.action,
        resource: &asked.resource,
        context: &context,
    };
    let identity = policies(&texts.identity, PolicyKind::Identity);
    let session = texts.session.as_ref().map(|texts| policies(texts, PolicyKind::Session));
    let boundary = texts.boundary.as_ref().map(|text| policy(text, PolicyKind::Boundary));
    let resource = texts.resource.as_ref().map(|text| policy(text, PolicyKind::Resource));
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
    assert_eq!(outcome(&explained.decision), found, "{}", case.name);
    if found == case.expected {
        Ok(())
    } else {
        Err(format!(
            "{} ({}):\n  {found:?}\n  expected {:?}\n{explained}",
            case.name, case.source, case.expected
        ))
    }
}

#[test]
fn every_case_is_decided_as_expected() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut count = 0;
    let mut names = std::collections::HashSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in &cases {
            assert!(case.source.starts_with("https://docs.aws.amazon.com/"), "{}", case.name);
            assert!(names.insert(case.name.clone()), "{} stands twice", case.name);
            wrong.extend(run(case).err());
        }
        count += cases.len();
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count >= 100, "the corpus has shrunk to {count}");
}

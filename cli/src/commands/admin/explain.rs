//! `keywright admin explain`: whether a principal may, and why, step by step.
//!
//! What counts is asked for where it is: the principal's policies of identity, a KMS key's policy, tags and grants of KMS.
//! The decision is then made here, by the library that decides in the services.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use keywright_aws_api::{Arn, SystemClock};
use keywright_kms::domain::grant::{ContextPairs, GrantConstraints};
use keywright_policy::{
    Explanation, Grant, Policies, Policy, PolicyDocument, Request, ResourcePolicyRule, explain,
};
use keywright_service::identity::message::{Facts, PolicyFacts, PrincipalFacts};
use keywright_service::{Destination, ServiceClient};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Service, Target, call};
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(super) struct Explain {
    #[command(flatten)]
    target: Target,
    /// Who: the ARN of a user, a role, a session of a role, or a root user
    #[arg(long, value_name = "ARN")]
    principal: String,
    /// What, such as kms:Decrypt
    #[arg(long)]
    action: String,
    /// On what: an ARN, or *
    #[arg(long, value_name = "ARN", default_value = "*")]
    resource: String,
    /// A condition key of the request, such as kms:ViaService=ssm.us-east-1.amazonaws.com; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    context: Vec<(String, String)>,
}

/// The condition keys of the request that is thought of.
type Context = BTreeMap<String, Vec<String>>;

/// What the resource adds to a decision.
#[derive(Default)]
struct OfResource {
    policy: Option<Policy>,
    rule: ResourcePolicyRule,
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPolicy {
    policy: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    tag_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GrantPage {
    grants: Vec<ListedGrant>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedGrant {
    grant_id: String,
    grantee_principal: String,
    operations: Vec<String>,
    #[serde(default)]
    constraints: Constraints,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Constraints {
    encryption_context_equals: Option<ContextPairs>,
    encryption_context_subset: Option<ContextPairs>,
}

impl Explain {
    pub(super) async fn run(self, console: &Console) -> Result<(), CliError> {
        let input = json!({ "PrincipalArn": self.principal });
        let facts: Facts = call(&self.target.client(Service::Identity)?, "DescribePrincipal", input).await?;
        let mut context = context_of(&facts, &self.resource, self.target.region.as_str());
        let of_resource = self.of_resource(&mut context).await?;
        for (key, value) in &self.context {
            context.entry(key.clone()).or_default().push(value.clone());
        }
        console.print(&format!("{}\n", self.explanation(&facts, &of_resource, &context)?));
        Ok(())
    }

    fn explanation(
        &self,
        facts: &Facts,
        of_resource: &OfResource,
        context: &Context,
    ) -> Result<Explanation, CliError> {
        let identity = compile_all(&facts.policies)?;
        let boundary = facts.boundary.as_ref().map(compile).transpose()?;
        let session = facts.session.as_ref().and_then(|session| session.policies.as_deref());
        let session = session.map(compile_all).transpose()?;
        let principal = facts.principal.to_principal();
        let request =
            Request { principal: &principal, action: &self.action, resource: &self.resource, context };
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: of_resource.policy.as_ref(),
            resource_rule: of_resource.rule,
            grants: &of_resource.grants,
        };
        let account = account_of(&self.resource).unwrap_or(&principal.account);
        Ok(explain(&request, &policies, account))
    }

    /// Of a KMS key what decides on it; other resources have no policies yet.
    async fn of_resource(&self, context: &mut Context) -> Result<OfResource, CliError> {
        let Ok(arn) = Arn::parse(&self.resource) else { return Ok(OfResource::default()) };
        if arn.service() != "kms" || !arn.resource().starts_with("key/") {
            return Ok(OfResource::default());
        }
        let client = self.kms()?;
        let key = json!({ "KeyId": self.resource });
        let KeyPolicy { policy } = call(&client, "GetKeyPolicy", &key).await?;
        let Tags { tags } = call(&client, "ListResourceTags", &key).await?;
        for Tag { tag_key, tag_value } in tags {
            context.insert(format!("aws:ResourceTag/{tag_key}"), vec![tag_value]);
        }
        let document = PolicyDocument::parse(&policy).map_err(CliError::Policy)?;
        Ok(OfResource {
            policy: Some(Policy::compile(&document, &self.resource)),
            rule: ResourcePolicyRule::Required,
            grants: self.grants(&client).await?,
        })
    }

    /// The grants that are for the action and whose constraints the request meets.
    async fn grants(&self, client: &ServiceClient) -> Result<Vec<Grant>, CliError> {
        let operation = self.action.strip_prefix("kms:").unwrap_or_default();
        let asked: ContextPairs = self
            .context
            .iter()
            .filter_map(|(key, value)| Some((encryption_context(key)?.to_owned(), value.clone())))
            .collect();
        let (mut grants, mut input) = (Vec::new(), json!({ "KeyId": self.resource }));
        loop {
            let page: GrantPage = call(client, "ListGrants", &input).await?;
            let fitting = page.grants.into_iter().filter(|grant| {
                grant.operations.iter().any(|granted| granted.eq_ignore_ascii_case(operation))
                    && GrantConstraints::from(grant.constraints.clone()).admit(Some(&asked))
            });
            grants.extend(
                fitting.map(|grant| Grant {
                    id: grant.grant_id.into(),
                    grantee: grant.grantee_principal.into(),
                }),
            );
            match page.next_marker {
                Some(marker) => input = json!({ "KeyId": self.resource, "Marker": marker }),
                None => return Ok(grants),
            }
        }
    }

    fn kms(&self) -> Result<ServiceClient, CliError> {
        let destination = Destination {
            endpoint: self.target.endpoint_url.clone(),
            signing_name: keywright_service::kms::SIGNING_NAME,
            target_prefix: keywright_service::kms::TARGET_PREFIX,
        };
        self.target.client_of(destination)
    }
}

impl From<Constraints> for GrantConstraints {
    fn from(listed: Constraints) -> Self {
        Self { equals: listed.encryption_context_equals, subset: listed.encryption_context_subset }
    }
}

/// The global condition keys of a request that the principal itself makes now, as far as they are known.
fn context_of(facts: &Facts, resource: &str, region: &str) -> Context {
    let now = keywright_aws_api::Clock::now(&SystemClock);
    let principal = facts.principal.to_principal();
    let mut context = Context::new();
    let mut put = |key: &str, value: &str| {
        context.insert(key.to_owned(), vec![value.to_owned()]);
    };
    put("aws:PrincipalArn", principal.issuer_arn.as_deref().unwrap_or(&principal.arn));
    put("aws:PrincipalAccount", &principal.account);
    put("kms:CallerAccount", &principal.account);
    put("aws:userid", &facts.principal_id);
    put("aws:PrincipalType", principal_type(&facts.principal));
    put("aws:PrincipalIsAWSService", "false");
    put("aws:ViaAWSService", "false");
    put("aws:RequestedRegion", region);
    put("aws:EpochTime", &now.unix_timestamp().to_string());
    if let Some(time) = iso_time(now) {
        put("aws:CurrentTime", &time);
    }
    if let PrincipalFacts::User { user_name, .. } = &facts.principal {
        put("aws:username", user_name);
    }
    if let Some(account) = account_of(resource) {
        put("aws:ResourceAccount", account);
    }
    for (key, value) in &facts.tags {
        put(&format!("aws:PrincipalTag/{key}"), value);
    }
    context
}

fn principal_type(principal: &PrincipalFacts) -> &'static str {
    match principal {
        PrincipalFacts::Root { .. } => "Account",
        PrincipalFacts::User { .. } => "User",
        PrincipalFacts::Role { .. } => "AssumedRole",
        PrincipalFacts::FederatedUser { .. } => "FederatedUser",
        PrincipalFacts::Service { .. } => "Service",
    }
}

fn iso_time(now: OffsetDateTime) -> Option<String> {
    now.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// The key of an encryption context pair in a condition key.
fn encryption_context(key: &str) -> Option<&str> {
    let (prefix, pair) = key.split_at_checked(ENCRYPTION_CONTEXT.len())?;
    prefix.eq_ignore_ascii_case(ENCRYPTION_CONTEXT).then_some(pair)
}

fn compile_all(policies: &[PolicyFacts]) -> Result<Vec<Arc<Policy>>, CliError> {
    policies.iter().map(compile).collect()
}

fn compile(policy: &PolicyFacts) -> Result<Arc<Policy>, CliError> {
    let document = PolicyDocument::parse(&policy.document).map_err(CliError::Policy)?;
    Ok(Arc::new(Policy::compile(&document, policy.arn.as_deref().unwrap_or(&policy.name))))
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a condition key and its value, such as aws:SourceIp=10.0.0.1".to_owned()),
    }
}

const ENCRYPTION_CONTEXT: &str = "kms:EncryptionContext:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_met_by_the_pairs_in_the_context() {
        let pairs = |pairs: &[(&str, &str)]| -> ContextPairs {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let asked = pairs(&[("app", "a"), ("stage", "b")]);
        let admits = |listed: Constraints| GrantConstraints::from(listed).admit(Some(&asked));
        let equals =
            |of| Constraints { encryption_context_equals: Some(pairs(of)), ..Constraints::default() };
        let subset =
            |of| Constraints { encryption_context_subset: Some(pairs(of)), ..Constraints::default() };
        assert!(admits(Constraints::default()));
        assert!(admits(equals(&[("app", "a"), ("stage", "b")])));
        assert!(!admits(equals(&[("app", "a")])));
        assert!(admits(subset(&[("app", "a")])));
        assert!(!admits(subset(&[("app", "x")])));
    }

    #[test]
    fn condition_keys_are_read_with_their_values() {
        let (key, value) = key_and_value("kms:EncryptionContext:app=a=b").unwrap();
        assert_eq!((encryption_context(&key), value.as_str()), (Some("app"), "a=b"));
        assert!(key_and_value("app=a").is_err() && key_and_value("aws:SourceIp").is_err());
    }
}

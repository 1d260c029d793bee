//! The policies that identity keeps, and those it is built with.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Arn};
use keywright_policy::{Policy, PolicyDocument, PolicyError, PolicyKind};

use super::names::{ServiceName, SigningScope};

/// A policy of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN, if it is a managed policy.
    pub arn: Option<String>,
    /// Its text.
    pub document: String,
}

/// A text that was checked to be an identity-based policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPolicyText(Box<str>);

impl IdentityPolicyText {
    /// Checks a policy's text.
    ///
    /// # Errors
    /// [`PolicyError`] for what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        PolicyDocument::parse(text)?.check_kind(PolicyKind::Identity)?;
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The resource that stands for all signing keys of one scope, in the internal API.
#[must_use]
pub fn scope_arn(home: AccountId, scope: &str) -> String {
    Arn::global("keywright-identity", home.as_str(), &format!("scope/{scope}"))
}

/// The resource that stands for all forward tokens.
#[must_use]
pub fn forward_tokens_arn(home: AccountId) -> String {
    Arn::global("keywright-identity", home.as_str(), "forward-tokens")
}

/// The resource that stands for what changes.
#[must_use]
pub fn changes_arn(home: AccountId) -> String {
    Arn::global("keywright-identity", home.as_str(), "changes")
}

/// The policy of the internal API's resources: each service gets signing keys of its own scopes, so that a process which
/// was taken over can't ask for another API's. None where there is no service, and then nobody gets anything.
///
/// # Errors
/// [`PolicyError`] never, as the names were checked.
pub fn internal_policy(
    home: AccountId,
    services: &[(ServiceName, Vec<SigningScope>)],
) -> Result<Option<Arc<Policy>>, PolicyError> {
    let statements: Vec<_> =
        services.iter().flat_map(|(service, scopes)| statements(home, service, scopes)).collect();
    if statements.is_empty() {
        return Ok(None);
    }
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Ok(Some(Arc::new(Policy::compile(&PolicyDocument::parse(&document)?, "KeywrightIdentityInternal"))))
}

fn statements(home: AccountId, service: &ServiceName, scopes: &[SigningScope]) -> Vec<serde_json::Value> {
    let allow = |action: &str, resources: Vec<String>| {
        serde_json::json!({
            "Effect": "Allow",
            "Principal": { "Service": service.as_str() },
            "Action": action,
            "Resource": resources,
        })
    };
    let mut statements = vec![
        allow(RESOLVE_FORWARD_TOKEN, vec![forward_tokens_arn(home)]),
        allow(AWAIT_CHANGES, vec![changes_arn(home)]),
    ];
    if !scopes.is_empty() {
        let resources = scopes.iter().map(|scope| scope_arn(home, scope.as_str())).collect();
        statements.push(allow(RESOLVE_CREDENTIAL, resources));
    }
    statements
}

/// The action of asking for a derived signing key.
pub const RESOLVE_CREDENTIAL: &str = "keywright-identity:ResolveCredential";
/// The action of asking whom a forward token stands for.
pub const RESOLVE_FORWARD_TOKEN: &str = "keywright-identity:ResolveForwardToken";

/// The action of waiting for what changes.
pub const AWAIT_CHANGES: &str = "keywright-identity:AwaitChanges";

#[cfg(test)]
mod tests {
    use keywright_policy::{Decision, NoContext, Policies, Principal, Request, ResourcePolicyRule, decide};

    use super::*;
    use crate::domain::aws_policies::ADMINISTRATOR_ACCESS;

    fn allowed(policy: Option<&Policy>, principal: &Principal, action: &str, resource: &str) -> bool {
        let administrator = PolicyDocument::parse(ADMINISTRATOR_ACCESS.document).unwrap();
        let identity = [Arc::new(Policy::compile(&administrator, ADMINISTRATOR_ACCESS.name))];
        let policies = Policies {
            identity: &identity,
            resource: policy,
            resource_rule: ResourcePolicyRule::Required,
            ..Policies::default()
        };
        let request = Request { principal, action, resource, context: &NoContext };
        matches!(decide(&request, &policies, "111122223333"), Decision::Allow { .. })
    }

    #[test]
    fn a_service_gets_the_keys_of_its_own_scopes_and_an_administrator_none() {
        let home = AccountId::parse("111122223333").unwrap();
        let names = |name: &str, scope: &str| {
            (ServiceName::parse(name).unwrap(), vec![SigningScope::parse(scope).unwrap()])
        };
        let services = [names("kms.amazonaws.com", "kms"), names("ssm.amazonaws.com", "ssm")];
        let policy = internal_policy(home, &services).unwrap();
        let policy = policy.as_deref();
        let ssm = Principal::service("ssm.amazonaws.com");
        assert!(allowed(policy, &ssm, RESOLVE_CREDENTIAL, &scope_arn(home, "ssm")));
        assert!(allowed(policy, &ssm, RESOLVE_FORWARD_TOKEN, &forward_tokens_arn(home)));
        assert!(allowed(policy, &ssm, AWAIT_CHANGES, &changes_arn(home)));
        assert!(!allowed(policy, &ssm, RESOLVE_CREDENTIAL, &scope_arn(home, "kms")));
        assert!(!allowed(policy, &ssm, RESOLVE_CREDENTIAL, "*"));

        let root = Principal::root("arn:aws:iam::111122223333:root", "111122223333");
        let admin = Principal::user("arn:aws:iam::111122223333:user/admin", "111122223333");
        for person in [root, admin] {
            assert!(!allowed(policy, &person, RESOLVE_CREDENTIAL, &scope_arn(home, "ssm")));
            assert!(!allowed(None, &person, RESOLVE_CREDENTIAL, &scope_arn(home, "ssm")));
        }
    }

    #[test]
    fn only_identity_policies_are_taken() {
        assert!(IdentityPolicyText::parse(ADMINISTRATOR_ACCESS.document).is_ok());
        let of_a_resource = r#"{"Version":"2012-10-17","Statement":
            [{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}"#;
        assert!(IdentityPolicyText::parse(of_a_resource).is_err());
    }
}
